select org, subject, record, since, until, deliveries_city as value from city_bulletin where deliveries_city is not null
