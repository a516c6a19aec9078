select org, subject, record, due_on as happened, given_on is not null as hit from due_dose
