-- 医疗卫生机构:行政部门不算;从成立之日起,到注销之日止(不含)
select org, subject, record, category, ownership, opened as since, closed as until
from institution
where opened is not null and category is not null and category <> 'bureau'
