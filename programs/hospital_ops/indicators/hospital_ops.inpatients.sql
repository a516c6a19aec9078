select org, subject, record, admitted_on as since, left_bed_on as until from inpatient_episode
