select org, subject, record, reported_on as happened from hospital_reported_case where disease = 'hepatitis_c'
