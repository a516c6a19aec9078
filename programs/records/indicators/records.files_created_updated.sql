select org, subject, record, happened from health_file_touched
