select org, subject, record, discharged_on as happened, infected as hit from monitored_discharge
