select org, subject, record, since, until, beds_city as value from city_bulletin where beds_city is not null
