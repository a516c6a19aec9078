select org, subject, record, period_start as happened, open_bed_days as value from counted_monthly_return
