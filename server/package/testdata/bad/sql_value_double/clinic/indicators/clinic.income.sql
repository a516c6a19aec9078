select org, subject, record, happened, income * 1e0 as value from monthly_return
