select org, subject, record, since, until, beds_rank as value from city_bulletin where beds_rank is not null
