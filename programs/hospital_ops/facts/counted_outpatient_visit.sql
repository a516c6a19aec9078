-- 计入门诊人次的就诊:门诊(不含急诊),且没有退号
select org, subject, record, visited_on, department
from outpatient_visit
where visit_class = 'outpatient' and cancelled is distinct from true
