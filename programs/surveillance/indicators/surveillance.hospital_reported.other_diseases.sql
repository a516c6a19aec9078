select org, subject, record, reported_on as happened
from hospital_reported_case
where disease not in ('hepatitis_b', 'hepatitis_c', 'infectious_diarrhoea', 'pulmonary_tb', 'ahc', 'hfmd')
