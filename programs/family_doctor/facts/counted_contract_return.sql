-- 已经报出的签约月报
select org, subject, record, period_end, residents_signed
from contract_monthly_return
where state in ('submitted', 'accepted', 'locked')
