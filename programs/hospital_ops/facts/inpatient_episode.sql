-- 一次真实的住院。当天入当天出算住院一天,所以至少一天。还在院的没有离床日(greatest 会跳过空值,故先判断)。
select org, subject, record, admitted_on, discharged_on,
       case when discharged_on is not null then greatest(discharged_on, admitted_on + 1) end as left_bed_on,
       case when discharged_on is not null then greatest(discharged_on - admitted_on, 1) end as bed_days
from inpatient_stay
where cancelled is distinct from true
