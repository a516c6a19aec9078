select org, subject, record, posted_on as happened from bulletin_board_issue where reposted is distinct from true
