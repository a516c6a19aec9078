select org, subject, record, happened from served_resident
