select org, subject, record, period_start as since, period_end + 1 as until, projected_visits as value
from visit_projection
where state in ('submitted', 'accepted', 'locked')
