-- 已经报出的基本公共卫生服务月报
select org, subject, record, period_start, period_end, files_managed, services
from public_health_monthly_return
where state in ('submitted', 'accepted', 'locked')
