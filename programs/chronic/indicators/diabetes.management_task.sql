select org, subject, record, since, until, diabetes_task as value from assigned_chronic_task where diabetes_task is not null
