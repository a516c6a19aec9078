-- 正式考试中一位实际参考者的成绩
select e.org, coalesce(x.examinee, e.subject) as subject, e.record, e.held_on, x.score >= e.pass_mark as passed
from infectious_disease_exam e
join infectious_disease_exam__examinees x on x.record = e.record
where e.mock is distinct from true and x.absent is distinct from true
