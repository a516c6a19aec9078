select org, subject, record, held_on as happened from infectious_disease_training where called_off is distinct from true
