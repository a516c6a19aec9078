select org, subject, record, happened, drug_income as value from monthly_return where state <> 'returned'
