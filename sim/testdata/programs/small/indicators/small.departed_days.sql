select org, subject, record, left_on as happened, left_on - came_on as value from stay where left_on is not null
