select org, subject, record, since, until from open_institution
where category = 'infirmary'
