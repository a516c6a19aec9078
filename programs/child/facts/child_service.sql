-- 真正做到的一次0~6岁儿童服务:建卡(新生儿访视)、健康检查
select org, subject, record, opened_on as happened from child_health_card
union all
select org, subject, record, checked_on as happened from child_checkup where attended is distinct from false
