select org, subject, record, held_on as happened, passed as hit from infection_exam_result
