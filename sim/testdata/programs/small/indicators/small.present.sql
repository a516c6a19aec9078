select org, subject, record, came_on as since, left_on as until from stay
