select org, subject, record, period_start as happened, gp_visits as value from counted_visit_return where gp_visits is not null
