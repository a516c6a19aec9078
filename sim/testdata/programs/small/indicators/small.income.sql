select org, subject, record, period_start as happened, income as value from monthly
