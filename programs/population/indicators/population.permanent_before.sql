select org, subject, record, since, until, permanent_before as value from published_population where permanent_before is not null
