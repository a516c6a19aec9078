select org, subject, record, left_on as happened from review
