select org, subject, record, since, until, visits_city as value from city_bulletin where visits_city is not null
