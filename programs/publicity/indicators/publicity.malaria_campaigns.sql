select org, subject, record, held_on as happened from publicity_activity
where topic = 'malaria' and called_off is distinct from true
