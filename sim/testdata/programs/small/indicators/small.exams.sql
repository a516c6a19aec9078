select org, subject, record, held_on as happened from exam
