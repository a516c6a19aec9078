select org, subject, record, left_on as happened from stay where left_on is not null
