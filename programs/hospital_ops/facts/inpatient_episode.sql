-- 一次真实的住院。当天入当天出算住院一天,所以至少一天。
select org, subject, record, admitted_on, discharged_on,
       greatest(discharged_on, admitted_on + 1) as left_bed_on,
       greatest(discharged_on - admitted_on, 1) as bed_days
from inpatient_stay
where cancelled is distinct from true
