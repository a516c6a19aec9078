-- 一次公共卫生服务:建档、有效的档案更新、服务记录
select org, subject, record, opened_on as happened from health_file
union all
select org, subject, record, updated_on as happened from health_file_update where valid is distinct from false
union all
select org, subject, record, served_on as happened from public_health_service where void is distinct from true
