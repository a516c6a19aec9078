select org, subject, record, reported_on as happened from covid_infection where case_class = 'carrier'
