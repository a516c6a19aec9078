select org, subject, record, held_on as happened from publicity_activity where called_off is distinct from true
