select org, subject, record, held_on as happened, passed as hit from infectious_disease_exam_result
