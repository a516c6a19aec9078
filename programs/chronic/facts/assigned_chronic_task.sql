-- 已经报出的年度任务,管当年
select org, subject, record, period_start as since, period_end + 1 as until, hypertension_task, diabetes_task
from chronic_task
where state in ('submitted', 'accepted', 'locked')
