select org, subject, record, happened from followup
