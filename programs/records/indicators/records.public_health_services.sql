select org, subject, record, period_start as happened, services as value from counted_public_health_return where services is not null
