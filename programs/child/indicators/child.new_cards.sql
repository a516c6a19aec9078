select org, subject, record, opened_on as happened from child_health_card where transferred_in is distinct from true
