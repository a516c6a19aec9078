select org, subject, record, since, until, permanent as value from published_population where permanent is not null
