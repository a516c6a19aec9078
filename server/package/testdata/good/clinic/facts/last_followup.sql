-- The last follow-up of each resident in the period.
select record, subject, org, happened, sbp, dbp
from (select f.*, row_number() over (partition by subject order by happened desc, record desc) as rn
      from followup f where happened between :first and :last) t
where rn = 1
