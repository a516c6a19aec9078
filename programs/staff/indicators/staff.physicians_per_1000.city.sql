select org, subject, record, since, until, physicians_city as value from city_bulletin where physicians_city is not null
