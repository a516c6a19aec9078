select org, subject, record, happened, income as value from monthly_return where state <> 'returned'
