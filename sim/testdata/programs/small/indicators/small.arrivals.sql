select org, subject, record, came_on as happened from stay
