-- 每位患者期内的最后一次
select subject, by_standard
from (select subject, by_standard, row_number() over (partition by subject order by reviewed_on desc, record desc) as place
      from smd_year_review
      where reviewed_on between :first and :last) seen
where place = 1
