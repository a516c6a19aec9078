select org, subject, record, since, until, hypertension_task as value from assigned_chronic_task where hypertension_task is not null
