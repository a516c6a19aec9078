select org, subject, record, posted_on as happened from staff_posting where post = 'quarantine_hotel' and cancelled is distinct from true
