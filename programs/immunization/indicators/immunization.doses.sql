select org, subject, record, given_on as happened from due_dose where given_on is not null
