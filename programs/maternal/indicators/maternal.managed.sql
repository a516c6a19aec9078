select org, subject, record, happened from maternal_service
