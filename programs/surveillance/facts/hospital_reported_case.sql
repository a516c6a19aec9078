-- 医院上报的一例传染病:初次报告的卡,订正卡不重复计,删除的重卡、误报不算
select org, subject, record, reported_on, disease, case_class
from infectious_disease_report
where card_kind = 'first' and deleted is distinct from true
