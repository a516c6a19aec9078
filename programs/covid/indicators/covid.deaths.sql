select org, subject, record, concluded_on as happened from covid_outcome where ended = 'died'
