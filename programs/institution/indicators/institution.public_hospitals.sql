select org, subject, record, since, until from open_institution
where category in ('general_hospital', 'tcm_hospital', 'specialised_hospital', 'maternal_child') and ownership = 'public'
