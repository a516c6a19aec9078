select org, subject, record, visited_on as happened from counted_visit
