-- 已经报出的人口数,管当年
select org, subject, record, period_start as since, period_end + 1 as until, permanent, permanent_before
from population_year_figure
where state in ('submitted', 'accepted', 'locked')
