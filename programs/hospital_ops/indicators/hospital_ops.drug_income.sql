select org, subject, record, period_start as happened, drug_income as value from counted_monthly_return
