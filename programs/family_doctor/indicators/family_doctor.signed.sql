-- 一份月报管到下月的月报为止;没有再报,一个月后失效
select org, subject, record, period_end as since, cast(date_trunc('month', period_end + 1) + interval '1 month' as date) - 1 as until, residents_signed as value
from counted_contract_return
