-- 一次诊疗:门诊或急诊,没有退号
select org, subject, record, visited_on, department
from outpatient_visit
where cancelled is distinct from true
