select org, subject, record, opened as since, null as until from institution
