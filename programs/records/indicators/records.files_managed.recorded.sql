select org, subject, record, opened_on as since, cast(null as date) as until from health_file
