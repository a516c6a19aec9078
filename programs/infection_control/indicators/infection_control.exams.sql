select org, subject, record, held_on as happened from infection_exam where mock is distinct from true
