select org, subject, record, held_on as happened from infectious_disease_exam where mock is distinct from true
