select org, subject, record, admitted_on as happened from inpatient_episode
