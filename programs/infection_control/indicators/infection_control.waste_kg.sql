select org, subject, record, handed_over_on as happened, total_kg as value from waste_transfer_slip where void is distinct from true
