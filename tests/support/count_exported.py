"""Counts of a hospital's year from exported NDJSON alone: no line of Xinglin's SQL, views or engine is used.

Each rule says in Python what the printed figure counts: the form, the item that dates it, what makes it not count, and
whether forms, persons or an amount are counted. A form counts when it is completed or amended and was made for the
organisation.

`python3 tests/support/count_exported.py DIRECTORY ORGANIZATION YEAR` prints a line for each figure.
"""
import json
import sys
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Callable

FORM = "urn:xinglin:form:"
ORGANIZATION = "urn:xinglin:organization"


def answers(response):
    """Values of the items that do not repeat, by item id; a choice gives its code."""
    found = {}
    for item in response.get("item", []):
        for answer in item.get("answer", []):
            (kind, value), = ((k, v) for k, v in answer.items() if k.startswith("value"))
            found[item["linkId"]] = value["code"] if kind == "valueCoding" else value
    return found


def days(first, last):
    return (date.fromisoformat(last) - date.fromisoformat(first)).days


@dataclass
class Rule:
    forms: dict                                   # form id -> item of the date
    counts: Callable = lambda form, item: True    # (form id, answers) -> does it count
    of: str = "forms"                             # forms | persons | amount
    amount: Callable = None                       # answers -> what is added up, where `of` is amount


def _real(form, item):
    return not any(item.get(flag) for flag in ("cancelled", "called_off", "void", "reposted", "reissued", "mock", "drill",
                                               "registered_in_error", "withdrawn", "internal_use", "deleted"))


RULES = {
    "hospital_ops.outpatient_visits": Rule({"outpatient_visit": "visited_on"},
                                           lambda f, i: _real(f, i) and i["visit_class"] == "outpatient"),
    "hospital_ops.admissions": Rule({"inpatient_stay": "admitted_on"}, _real),
    "hospital_ops.discharges": Rule({"inpatient_stay": "discharged_on"}, _real),
    "hospital_ops.discharged_bed_days": Rule({"inpatient_stay": "discharged_on"}, _real, "amount",
                                             lambda i: max(days(i["admitted_on"], i["discharged_on"]), 1)),
    "immunization.doses": Rule({"vaccine_dose": "given_on"}, _real),
    "records.files_created_updated": Rule({"health_file": "opened_on", "health_file_update": "updated_on"},
                                          lambda f, i: i.get("valid") is not False, "persons"),
    "maternal.handbooks_issued": Rule({"pregnancy_handbook": "issued_on"}, _real, "persons"),
    "maternal.managed": Rule({"pregnancy_handbook": "issued_on", "antenatal_visit": "visited_on", "postnatal_visit": "visited_on"},
                             lambda f, i: _real(f, i) and i.get("attended") is not False, "persons"),
    "child.new_cards": Rule({"child_health_card": "opened_on"}, lambda f, i: not i.get("transferred_in"), "persons"),
    "child.managed_0_6": Rule({"child_health_card": "opened_on", "child_checkup": "checked_on"},
                              lambda f, i: i.get("attended") is not False, "persons"),
    "infection_control.monitored_discharges": Rule({"discharge_infection_review": "discharged_on"},
                                                   lambda f, i: not i.get("reviewer_withdrew")),
    "infection_control.trainings": Rule({"infection_training": "held_on"}, _real),
    "infection_control.waste_kg": Rule({"waste_transfer_slip": "handed_over_on"}, _real, "amount",
                                       lambda i: Decimal(str(i["total_kg"]))),
    "publicity.leaflets": Rule({"leaflet_distribution": "handed_out_on"}, _real, "amount", lambda i: i["copies"]),
    "publicity.bulletin_board_issues": Rule({"bulletin_board_issue": "posted_on"}, _real),
    "surveillance.hospital_reported_cases": Rule({"infectious_disease_report": "reported_on"},
                                                 lambda f, i: _real(f, i) and i["card_kind"] == "first"),
    "tb.suspects_referred": Rule({"tb_suspect_referral": "referred_on"}, _real),
}


RULES_OF_A_COUNTY = {
    "hospital_ops.total_visits.recorded": Rule({"outpatient_visit": "visited_on"}, _real),
    "records.public_health_services.recorded": Rule({"health_file": "opened_on", "health_file_update": "updated_on", "public_health_service": "served_on"},
                                                    lambda f, i: _real(f, i) and i.get("valid") is not False),
    "records.files_managed.recorded": Rule({"health_file": "opened_on"}, of="persons"),
}


def responses(directory):
    for file in sorted(Path(directory).glob("QuestionnaireResponse*.ndjson")):
        with open(file, encoding="utf-8") as lines:
            for line in lines:
                yield json.loads(line, parse_float=Decimal)


def counted(directory, organization, year, rules=RULES):
    """{indicator: [(form id, subject, amount)]} of the forms that count in the year. Organisation or year None: of any."""
    found = {name: [] for name in rules}
    for response in responses(directory):
        form = response["questionnaire"].removeprefix(FORM).split("|")[0]
        org = next(e["valueReference"]["reference"] for e in response["extension"] if e["url"] == ORGANIZATION)
        if response["status"] not in ("completed", "amended") or (organization and org != f"Organization/{organization}"):
            continue
        item = None
        for name, rule in rules.items():
            if form not in rule.forms:
                continue
            item = item or answers(response)
            day = item.get(rule.forms[form])
            if day and (not year or day[:4] == str(year)) and rule.counts(form, item):
                amount = rule.amount(item) if rule.of == "amount" else 1
                found[name].append((response["id"], response["subject"]["reference"], amount))
    return found


def figure(name, rows):
    if (RULES | RULES_OF_A_COUNTY)[name].of == "persons":
        return len({subject for _, subject, _ in rows})
    return sum(amount for _, _, amount in rows)


if __name__ == "__main__":
    for indicator, rows in counted(*sys.argv[1:4]).items():
        print(f"{indicator}\t{figure(indicator, rows)}")
