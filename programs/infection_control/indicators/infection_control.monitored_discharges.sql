select org, subject, record, discharged_on as happened from monitored_discharge
