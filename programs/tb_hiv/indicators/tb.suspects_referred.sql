select org, subject, record, referred_on as happened from tb_suspect_referral where withdrawn is distinct from true
