-- 一例新冠感染:确诊病例或无症状感染者的初次报告卡,删除的不算
select org, subject, record, reported_on, case_class
from infectious_disease_report
where card_kind = 'first' and deleted is distinct from true and disease = 'covid19'
  and case_class in ('clinical', 'confirmed', 'carrier')
