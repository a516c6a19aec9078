select org, subject, record, awarded_on as since, ended_on as until from key_discipline_award where tier = 'building'
