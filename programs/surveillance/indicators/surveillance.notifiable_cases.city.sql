select org, subject, record, since, until, cases_city as value from city_bulletin where cases_city is not null
