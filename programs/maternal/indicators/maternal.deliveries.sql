select org, subject, record, delivered_on as happened from hospital_delivery
