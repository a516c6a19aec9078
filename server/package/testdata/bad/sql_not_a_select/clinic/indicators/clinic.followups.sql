insert into followup select * from followup
