select org, subject, record, happened_on as happened from waste_incident where drill is distinct from true
