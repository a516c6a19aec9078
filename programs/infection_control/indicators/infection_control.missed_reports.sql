select org, subject, record, discharged_on as happened from monitored_discharge where infected and reported_by_ward = false
