select org, subject, record, happened from followup
where cost / weight > 2
