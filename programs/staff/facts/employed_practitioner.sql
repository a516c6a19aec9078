-- 在岗卫生人员,按到岗、离岗日期
select org, subject, record, occupation, employed_from as since, employed_until as until
from practitioner
where employed_from is not null
