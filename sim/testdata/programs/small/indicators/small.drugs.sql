select org, subject, record, period_start as happened, drugs as value from monthly
