-- 名册里的床位,按启用、停用日期;观察床和加床不算
select org, subject, record, opened as since, closed as until
from bed
where opened is not null and (bed_type is null or bed_type in ('ordinary', 'intensive'))
