select org, subject, record, posted_on as happened from staff_posting where post = 'port' and cancelled is distinct from true
