-- 自查查出的一例漏报;核实后不应报的不算
select a.org, coalesce(m.patient, a.subject) as subject, a.record, a.audited_on
from missed_report_audit a
join missed_report_audit__missed m on m.record = a.record
where m.excused is distinct from true
