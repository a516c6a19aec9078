-- 建立或更新了档案的居民:建档一条,有效的更新一条
select org, subject, record, opened_on as happened from health_file
union all
select org, subject, record, updated_on as happened from health_file_update where valid is distinct from false
