-- 已经录入的全市通报:一份管到下月通报为止
select org, subject, record, period_end as since,
       cast(date_trunc('month', period_end + 1) + interval '1 month' as date) - 1 as until,
       institutions_city, institutions_rank, physicians_city, physicians_rank, nurses_city, nurses_rank, beds_city, beds_rank, visits_city, cases_city, smd_city, deliveries_city
from city_monthly_bulletin
where state in ('submitted', 'accepted', 'locked')
