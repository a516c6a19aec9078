"""Totals at random: what is consistent comes out exactly, what is not is refused and the culprits are named.

A small program made here has counts, parts of a whole, subjects, sums, proportions, stocks with beginnings and ends, days of
a stock, returns that add up and returns that stand, rates and quotients over them, and make_not entries for most. Files of
totals are drawn so that wholes are the sums of their parts, rates those of their parts, and the two periods of a stock
those of what begins and ends.

A few with fixed seeds: python3 -m unittest -v tests/programs/totals_property_test.py
Many: python3 tests/programs/totals_property_test.py --count 200 --seed 1
"""
import argparse
import json
import random
import subprocess
import sys
import tempfile
import unittest
from fractions import Fraction
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from demo import BINARY, ROOT  # noqa: E402

CLINICS = ["clinic-1", "clinic-2", "clinic-3", "clinic-4"]
ORGS = ["bureau", *CLINICS]
PERIODS = ["2022", "2023"]
FIXED_SEEDS = [11, 12, 13]
PARTS = ["cough", "fever", "injury"]

FILES = {
    "program.yml": "program: p\ntitle: {zh: 试验, en: Trial}\nversion: 1.0.0\nneeds: []\nsystems: []\nroles: {}\n",
    "registers/institution.yml": """
register: institution
title: {zh: 机构, en: Institution}
kept_as: Organization
org: ""
items:
  name: {zh: 名称, en: Name, required: true, path: name}
  part_of: {zh: 上级, en: Part of, type: reference, to: institution, path: partOf}
""",
    "registers/resident.yml": """
register: resident
title: {zh: 居民, en: Resident}
kept_as: Patient
org: managingOrganization
items:
  name: {zh: 姓名, en: Name, path: name.text}
  birth_date: {zh: 出生日期, en: Born, type: date, path: birthDate}
""",
    "forms/visit.yml": """
form: visit
title: {zh: 就诊, en: Visit}
about: resident
happened: visited_on
items:
  visited_on: {zh: 日期, en: Day, type: date, required: true}
  reason: {zh: 原因, en: Reason, type: choice, options: {cough: 咳嗽, fever: 发热, injury: 外伤, other: 其他}}
  cancelled: {zh: 取消, en: Cancelled, type: boolean}
""",
    "forms/dose.yml": """
form: dose
title: {zh: 接种, en: Dose}
about: resident
happened: given_on
items:
  given_on: {zh: 日期, en: Day, type: date, required: true}
  given: {zh: 已种, en: Given, type: boolean, required: true}
""",
    "forms/gift.yml": """
form: gift
title: {zh: 发放, en: Handing out}
about: institution
happened: handed_on
items:
  handed_on: {zh: 日期, en: Day, type: date, required: true}
  kilograms: {zh: 公斤, en: Kilograms, type: decimal, required: true}
""",
    "forms/stay.yml": """
form: stay
title: {zh: 住院, en: Stay}
about: resident
happened: came_on
items:
  came_on: {zh: 入院, en: Came, type: date, required: true}
  left_on: {zh: 出院, en: Left, type: date}
""",
    "forms/contract.yml": """
form: contract
title: {zh: 签约, en: Contract}
about: resident
happened: signed_on
items:
  signed_on: {zh: 签约日, en: Signed, type: date, required: true}
  ended_on: {zh: 终止日, en: Ended, type: date}
  level: {zh: 级别, en: Level, type: choice, required: true, options: {low: 低, high: 高}}
""",
    "forms/month.yml": """
form: month
title: {zh: 月报, en: Monthly return}
about: institution
cycle: month
items:
  served: {zh: 服务, en: Served, type: integer}
  money: {zh: 收入, en: Money, type: money}
  files: {zh: 档案, en: Files, type: integer}
""",
    "facts/kept_month.sql": "select org, subject, record, period_start, period_end, served, money, files from month where state <> 'returned'\n",
}


def add(name, text, sql=None):
    FILES[f"indicators/t.{name}.yml"] = text
    if sql:
        FILES[f"indicators/t.{name}.sql"] = sql + "\n"


def indicator(name, kind, sql, make, period="flow", extra=""):
    head = f"title: {{zh: {name}, en: {name}}}\nunit: {{zh: 个, en: pieces}}\nkind: {kind}\nperiod: {period}\n{extra}"
    add(name, head + make, sql)


indicator("visits", "count", "select org, subject, record, visited_on as happened from visit where cancelled is distinct from true",
          "make: [{form: visit, set: {visited_on: $day, cancelled: false}, fill: {reason: other}}]\n"
          "make_not: [{form: visit, set: {visited_on: $day, cancelled: true}, fill: {reason: \"cough|other\"}}]\n")
for part in PARTS:
    indicator(f"visits.{part}", "count", f"select org, subject, record, visited_on as happened from visit where cancelled is distinct from true and reason = '{part}'",
              f"make: [{{form: visit, set: {{visited_on: $day, cancelled: false, reason: {part}}}}}]\n")
indicator("patients", "count", "select org, subject, record, given_on as happened from dose where given",
          "make: [{form: dose, set: {given_on: $day, given: true}}]\n", extra="count: subjects\n")
indicator("doses", "proportion", "select org, subject, record, given_on as happened, given as hit from dose",
          "make:\n  - {form: dose, part: hit, set: {given_on: $day, given: true}}\n  - {form: dose, part: miss, set: {given_on: $day, given: false}}\n")
indicator("kilograms", "sum", "select org, subject, record, handed_on as happened, kilograms as value from gift",
          "make: [{form: gift, set: {handed_on: $day, kilograms: $value}, value: kilograms, range: 0.5..9.5}]\n", extra="decimals: 1\n")
indicator("came", "count", "select org, subject, record, came_on as happened from stay", "make: [{form: stay, set: {came_on: $day}}]\n")
indicator("left", "count", "select org, subject, record, left_on as happened from stay where left_on is not null",
          "make: [{form: stay, set: {left_on: $day}}]\n")
indicator("inside", "count", "select org, subject, record, came_on as since, left_on as until from stay",
          "make: [{form: stay, since: came_on, until: left_on, length: 1..60}]\n", period="stock")
indicator("signed", "count", "select org, subject, record, signed_on as since, ended_on as until from contract",
          "make: [{form: contract, since: signed_on, until: ended_on, length: 100..900, set: {level: \"low|high\"}}]\n", period="stock")
for level in ("low", "high"):
    indicator(f"signed.{level}", "count", f"select org, subject, record, signed_on as since, ended_on as until from contract where level = '{level}'",
              f"make: [{{form: contract, since: signed_on, until: ended_on, length: 100..900, set: {{level: {level}}}}}]\n", period="stock")
for item, at in (("served", "flow"), ("money", "flow"), ("files", "stock")):
    day = "period_start as happened" if at == "flow" else \
        "period_end as since, cast(date_trunc('month', period_end + 1) + interval '1 month' as date) - 1 as until"
    indicator(item, "sum", f"select org, subject, record, {day}, {item} as value from kept_month where {item} is not null",
              f"make: [{{form: month, set: {{{item}: $value}}}}]\n", period=at, extra="grain: return\n")
DERIVED = {"days_inside": "days(t.inside)", "visits_each": "t.visits / t.signed", "share_cough": "t.visits.cough / t.visits",
           "money_each": "t.money / t.served", "sum_of_three": "t.visits.cough + t.visits.fever + t.visits.injury"}
for name, expression in DERIVED.items():
    add(name, f"title: {{zh: {name}, en: {name}}}\nunit: {{zh: 个, en: pieces}}\nkind: derived\nderived: \"{expression}\"\ndecimals: 2\n")
INDICATORS = sorted(name[len("indicators/"):-4] for name in FILES if name.startswith("indicators/") and name.endswith(".yml"))


def draw(seed):
    """{organisation: {period: {indicator: text}}} for the clinics, consistent in itself."""
    chance = random.Random(seed)
    totals = {}
    for clinic in CLINICS:
        inside = chance.randint(0, 4)
        for period in PERIODS:
            asked = totals.setdefault(clinic, {}).setdefault(period, {})
            parts = [chance.randint(0, 15) for _ in PARTS]
            for part, number in zip(PARTS, parts):
                asked[f"t.visits.{part}"] = number
            asked["t.visits"] = sum(parts) + chance.randint(0, 10)
            hits = chance.randint(0, 12)
            asked["t.doses"] = f"{hits}/{hits + chance.randint(0, 6)}"
            asked["t.patients"] = hits
            asked["t.kilograms"] = f"{chance.randint(5, 900) / 10:.1f}"
            came = chance.randint(2, 15)
            left = chance.randint(0, came)
            asked["t.came"], asked["t.left"] = came, min(left, came + inside)
            inside += came - asked["t.left"]
            asked["t.inside"] = inside
            low, high = chance.randint(0, 10), chance.randint(1, 10)
            asked["t.signed.low"], asked["t.signed.high"], asked["t.signed"] = low, high, low + high
            asked["t.served"] = chance.randint(12, 5000)
            asked["t.money"] = f"{chance.randint(1200, 9000000) / 100:.2f}"
            asked["t.files"] = chance.randint(0, 3000)
    return totals


def value_of(text):
    text = str(text)
    if "/" in text:
        hits, of = text.split("/")
        return Fraction(int(hits), int(of)) if int(of) else None
    return Fraction(text)


def exact(one):
    """A figure as a fraction: quotients are given with numerator and denominator too."""
    if one["value"] is None:
        return None
    if one["numerator"] is not None and one["denominator"] is not None:
        return Fraction(one["numerator"]) / Fraction(one["denominator"])
    return Fraction(one["value"])


def write(folder, totals, seed):
    for name, text in FILES.items():
        file = folder / "p" / "p" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    lines = [f"totals: random\nseed: {seed}\nregisters:\n  institution:\n    - {{id: bureau, set: {{name: 局}}}}"]
    lines += [f"    - {{id: {clinic}, set: {{name: {clinic}, part_of: bureau}}}}" for clinic in CLINICS]
    lines.append("people:")
    lines += [f"  - {{register: resident, org: {clinic}, count: 120, as_of: 2021-12-31, ages: {{1..80: 1}}, set: {{name: $name, birth_date: $birth_date}}}}"
              for clinic in CLINICS]
    lines.append("totals_by_organization:")
    for org, periods in totals.items():
        lines.append(f"  {org}:")
        for period, asked in periods.items():
            lines.append(f"    {period}:")
            lines += [f"      {name}: {text}" for name, text in asked.items()]
    file = folder / "totals.yml"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def run(folder, *arguments):
    return subprocess.run([BINARY, "--data", folder / "data", "--programs", folder / "p", *arguments], cwd=ROOT, capture_output=True, text=True)


def consistent(case, seed):
    """Every figure of the file, of the bureau above, and every quotient over them is what arithmetic says."""
    totals = draw(seed)
    # The bureau is asked for some sums of its own: those of the clinics.
    totals["bureau"] = {period: {name: sum(int(totals[c][period][name]) for c in CLINICS) for name in ("t.visits", "t.served", "t.signed")}
                        for period in PERIODS}
    with tempfile.TemporaryDirectory(prefix="xinglin-totals-") as name:
        folder = Path(name)
        made = run(folder, "simulate", "--totals", write(folder, totals, seed))
        case.assertEqual(made.returncode, 0, f"seed {seed}: {made.stdout}{made.stderr}")
        case.assertGreaterEqual(len(INDICATORS), 20)
        for org in ORGS:
            for period in PERIODS:
                said = json.loads(run(folder, "--json", "indicators", *INDICATORS, "--org", org, "--period", period).stdout)
                got = {one["indicator"]: one for one in said["indicators"]}
                asked = totals[org][period]
                for name, text in asked.items():
                    case.assertEqual(exact(got[name]), value_of(text), f"seed {seed}: {name} of {org} in {period}")
                for name, parts in (("t.share_cough", ("t.visits.cough", "t.visits")), ("t.visits_each", ("t.visits", "t.signed")),
                                    ("t.money_each", ("t.money", "t.served"))):
                    a, b = (Fraction(got[part]["value"] or 0) for part in parts)
                    case.assertEqual(exact(got[name]), a / b if b else None, f"seed {seed}: {name} of {org} in {period}")
                case.assertEqual(exact(got["t.sum_of_three"]), sum(Fraction(got[f"t.visits.{part}"]["value"]) for part in PARTS))


BREAKS = {
    "a part beyond its whole": (lambda asked, chance: asked.update({"t.visits.cough": asked["t.visits"] + 1}), ["t.visits", "t.visits.cough"]),
    "a whole unlike its parts": (lambda asked, chance: asked.update({"t.signed": asked["t.signed"] - 1}), ["t.signed", "t.signed.high"]),
    "more left than came": (lambda asked, chance: asked.update({"t.left": asked["t.came"] + 500}), ["t.came", "t.left", "t.inside"]),
    "more subjects than hits": (lambda asked, chance: asked.update({"t.patients": 400}), ["t.patients"]),
}


def inconsistent(case, seed):
    chance = random.Random(seed)
    for what, (spoil, culprits) in BREAKS.items():
        totals = draw(seed)
        clinic = chance.choice(CLINICS)
        spoil(totals[clinic]["2023"], chance)
        with tempfile.TemporaryDirectory(prefix="xinglin-totals-") as name:
            folder = Path(name)
            made = run(folder, "simulate", "--totals", write(folder, totals, seed))
            case.assertEqual(made.returncode, 1, f"seed {seed}: {what}: {made.stdout}{made.stderr}")
            for culprit in culprits:
                case.assertIn(f"{culprit} of {clinic}", made.stderr + made.stdout, f"seed {seed}: {what}")


class Totals(unittest.TestCase):
    def test_consistent_totals_come_out(self):
        for seed in FIXED_SEEDS:
            with self.subTest(seed=seed):
                consistent(self, seed)

    def test_inconsistent_totals_are_refused(self):
        inconsistent(self, FIXED_SEEDS[0])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    case = unittest.TestCase()
    for seed in range(options.seed, options.seed + options.count):
        consistent(case, seed)
        inconsistent(case, seed)
        print(f"{seed - options.seed + 1} of {options.count}", end="\r", file=sys.stderr, flush=True)
    print(f"{options.count} consistent files came out exactly, {options.count * len(BREAKS)} inconsistent ones were refused by name")
