select org, subject, record, since, until, institutions_city as value from city_bulletin where institutions_city is not null
