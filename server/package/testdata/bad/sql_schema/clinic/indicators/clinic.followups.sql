select org, subject, record, happened from main.followup
