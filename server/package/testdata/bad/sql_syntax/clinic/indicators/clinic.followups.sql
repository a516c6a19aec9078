select org, subject, record, happened
form followup
