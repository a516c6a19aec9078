-- 监测过的一例出院;作废的监测不算
select org, subject, record, discharged_on, infected, reported_by_ward
from discharge_infection_review
where reviewer_withdrew is distinct from true
