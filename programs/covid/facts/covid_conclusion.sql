-- 病例的转归(一人取最后一条)
select subject, concluded_on, worst, ended
from (select subject, concluded_on, worst, ended, row_number() over (partition by subject order by concluded_on desc, record desc) as place
      from covid_outcome) seen
where place = 1
