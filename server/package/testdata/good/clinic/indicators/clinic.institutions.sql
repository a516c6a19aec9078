select org, subject, record, opened as since, closed as until from institution where opened is not null
