select p.org, p.subject, p.record, p.since, p.until, coalesce(m.medication = 'regular', false) as hit
from smd_patient p
left join smd_last_medication m on m.subject = p.subject
