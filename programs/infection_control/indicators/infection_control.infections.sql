select org, subject, record, infected_on as happened from hospital_infection_report where ruled_out is distinct from true
