select org, subject, record, concluded_on as happened from covid_outcome where worst in ('severe', 'critical')
