select i.org, i.subject, i.record, i.reported_on as happened,
       coalesce(c.ended = 'recovered' and c.concluded_on <= :last, false) as hit
from covid_infection i
left join covid_conclusion c on c.subject = i.subject
