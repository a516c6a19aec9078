-- 已经报出的诊疗量月报;草稿和被退回的不算
select org, subject, record, period_start, total_visits, gp_visits
from visit_monthly_return
where state in ('submitted', 'accepted', 'locked')
