select org, subject, record, discharged_on as happened from inpatient_episode where discharged_on is not null
