select p.org, p.subject, p.record, p.since, p.until, coalesce(r.by_standard, false) as hit
from smd_patient p
left join smd_last_review r on r.subject = p.subject
