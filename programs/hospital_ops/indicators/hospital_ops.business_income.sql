select org, subject, record, period_start as happened, business_income as value from counted_monthly_return
