select org, subject, record, period_start as happened, total_visits as value from counted_visit_return where total_visits is not null
