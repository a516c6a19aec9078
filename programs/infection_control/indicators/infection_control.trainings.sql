select org, subject, record, held_on as happened from infection_training where called_off is distinct from true
