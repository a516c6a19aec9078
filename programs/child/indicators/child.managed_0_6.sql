select org, subject, record, happened from child_service
