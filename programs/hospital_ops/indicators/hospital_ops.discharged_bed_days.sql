select org, subject, record, discharged_on as happened, bed_days as value from inpatient_episode where discharged_on is not null
