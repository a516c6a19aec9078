-- 已经报出的月报;草稿和被退回的不算
select org, subject, record, period_start, business_income, drug_income, open_bed_days
from hospital_monthly_return
where state in ('submitted', 'accepted', 'locked')
