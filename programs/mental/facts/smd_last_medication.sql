-- 每位患者期内的最后一次
select subject, medication
from (select subject, medication, row_number() over (partition by subject order by followed_on desc, record desc) as place
      from smd_followup
      where followed_on between :first and :last) seen
where place = 1
