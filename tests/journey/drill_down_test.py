"""Fifty figures drawn by chance, each opened onto its rows: added up here, by Python, the rows give the figure; and when one of
the records is deleted through the API, the figure becomes what the rows that are left add up to.

Run: python3 -m unittest -v tests/journey/drill_down_test.py
"""
import json
import random
import re
import sys
import unittest
from datetime import date
from fractions import Fraction
from pathlib import Path
from urllib.parse import quote

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "support"))
from demo import COUNTY  # noqa: E402
from server import Server  # noqa: E402

SEED = 20231231
FIGURES = 50
ROWS_MAX = 4000  # of one figure, so that fifty are quick
PERIODS = ["2023", "2023", "2022", "2023H1", "2023Q2", "2022Q4", "2023-03", "2022-11", "2023-01-15..2023-09-10"]
TRIED_MAX = 20   # records of one figure
DIGITS = 9       # to which a value that does not end is compared


def key(text, name):
    found = re.search(rf"^{name}:\s*\"?(.*?)\"?\s*$", text, re.M)
    return found[1] if found else None


def definitions():
    """{indicator: its kind, count, grain, derived, population, per}, read from the packages' text."""
    found = {}
    for file in (ROOT / "programs").glob("*/indicators/*.yml"):
        text = file.read_text(encoding="utf-8")
        found[file.stem] = {name: key(text, name) for name in ("kind", "count", "grain", "derived", "population", "per")}
    return found


DEFINED = definitions()


def bounds(period):
    """First and last day."""
    if ".." in period:
        return tuple(date.fromisoformat(day) for day in period.split(".."))
    year = int(period[:4])
    first, months = {"": (1, 12), "H": (6 * int(period[5:] or 1) - 5, 6), "Q": (3 * int(period[5:] or 1) - 2, 3)}.get(
        period[4:5], (int(period[5:] or 1), 1))
    after = first + months
    end = date(year + (after > 12), (after - 1) % 12 + 1, 1)
    return date(year, first, 1), date.fromordinal(end.toordinal() - 1)


def day(text):
    return date.fromisoformat(text).toordinal()


def days_of(row, first, last):
    """Days of the period on which something lasts: from `since`, not on `until`."""
    start = max(day(row["since"]), first.toordinal())
    end = min(day(row["until"]) if row["until"] else last.toordinal() + 1, last.toordinal() + 1)
    return max(0, end - start)


class Adder:
    """What the rows of a trace come to, by the definition in the package's text."""

    def __init__(self, rows, period):
        self.first, self.last = bounds(period)
        self.parts = {}
        for row in rows:
            self.parts.setdefault(row["part"], []).append(row)

    def of(self, name):
        """(value, numerator, denominator) of an indicator, of average(ID) or of days(ID); None = no value."""
        found = re.fullmatch(r"(average|days)\((.+)\)", name)
        if found:
            amount = sum((Fraction(row["value"] or 1) * Fraction(row["weight"]) * days_of(row, self.first, self.last)
                          for row in self.parts.get(name, [])), Fraction(0))
            length = (self.last - self.first).days + 1
            return (amount / length if found[1] == "average" else amount), None, None
        defined, rows = DEFINED[name], self.parts.get(name, [])
        weights = sum((Fraction(row["weight"]) for row in rows), Fraction(0))
        if defined["kind"] == "derived":
            return self.derived(defined["derived"])
        if defined["kind"] == "sum":
            if not rows and defined["grain"] == "return":
                return None, None, None  # nothing was returned
            return sum((Fraction(row["value"]) * Fraction(row["weight"]) for row in rows if row["value"] is not None), Fraction(0)), None, None
        if defined["kind"] in ("mean", "proportion"):
            if defined["kind"] == "mean":
                rows = [row for row in rows if row["value"] is not None]
                top = sum((Fraction(row["value"]) * Fraction(row["weight"]) for row in rows), Fraction(0))
            else:
                top = sum((Fraction(row["weight"]) for row in rows if row["hit"]), Fraction(0))
            whole = sum((Fraction(row["weight"]) for row in rows), Fraction(0))
            return (top / whole if whole else None), top, whole
        if (defined["count"] or "rows") == "rows":
            counted = weights
        elif defined["count"] == "subjects":
            counted = Fraction(len({row["subject"] for row in rows}))
        else:
            counted = Fraction(len({row["counted"] for row in rows}))
        if defined["kind"] == "rate":
            people = self.of(defined["population"])[0]
            return (counted / people * int(defined["per"]) if people else None), counted, people
        return counted, None, None

    def derived(self, expression):
        values, quotient = {}, re.fullmatch(r"\s*(\S+)\s*/\s*(\S+)\s*", expression)

        def named(found):
            values[f"v{len(values)}"] = self.of(found[0])[0]
            return f"v{len(values) - 1}"

        text = re.sub(r"(?:average|days)\([^)]*\)|[a-z_]+(?:\.[a-z0-9_]+)+", named, expression)
        if any(value is None for value in values.values()):
            return None, None, None
        top, whole = (values["v0"], values["v1"]) if quotient else (None, None)
        try:
            return eval(text, {"__builtins__": {}}, values), top, whole  # numbers, names and + - * / of a package of ours
        except ZeroDivisionError:
            return None, top, whole


class DrillDown(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        copy = COUNTY.copy()
        cls.addClassCleanup(copy.cleanup)
        cls.server = Server(Path(copy.name) / "data")
        cls.server.start()
        cls.addClassCleanup(cls.server.stop)
        cls.connection = cls.server.connect()
        cls.addClassCleanup(cls.connection.close)

    def get(self, path):
        answer = self.server.request("GET", path, connection=self.connection)
        self.assertEqual(answer.status, 200, answer.text)
        return json.loads(answer.text)

    def trace(self, indicator, org, period):
        return self.get(f"/api/trace?address={quote(f'{indicator}/{org}/{period}')}&rows_max={ROWS_MAX}")

    def assert_figure(self, figure, sums, said):
        value, top, whole = sums
        for name, wanted in (("value", value), ("numerator", top), ("denominator", whole)):
            if name != "value" and (wanted is None or figure[name] is None):
                continue
            if wanted is None:
                self.assertIsNone(figure[name], f"{said}: {name}")
            else:
                self.assertIsNotNone(figure[name], f"{said}: {name}, {wanted} by its rows")
                self.assertAlmostEqual(Fraction(figure[name]), wanted, DIGITS, f"{said}: {name}")

    def delete_one(self, trace, indicator, period, chance):
        """Deletes a record whose rows make a difference; gives it and what the figure is without it. None when none can go:
        registers are not deleted here, nor forms that others refer to."""
        before = Adder(trace["rows"], period).of(indicator)
        forms = sorted({row["record"] for row in trace["rows"] if row["record"].startswith("QuestionnaireResponse/")})
        for record in chance.sample(forms, min(len(forms), TRIED_MAX)):
            after = Adder([row for row in trace["rows"] if row["record"] != record], period).of(indicator)
            if after == before:
                continue
            answer = self.server.request("DELETE", f"/fhir/{record}", connection=self.connection)
            if answer.status == 409:
                continue
            if answer.status == 405:  # a return that was accepted: it is sent back first
                reason = {"resourceType": "Parameters", "parameter": [{"name": "reason", "valueString": "重复上报"}]}
                sent = self.server.request("POST", f"/fhir/{record}/$return", reason, connection=self.connection)
                self.assertEqual(sent.status, 200, f"{record}: {sent.text}")
                answer = self.server.request("DELETE", f"/fhir/{record}", connection=self.connection)
            self.assertIn(answer.status, (200, 204), f"{record}: {answer.text}")
            self.server.wait_until_fresh()
            return record, after
        return None

    def test_rows_add_up_and_a_deleted_one_moves_the_figure(self):
        chance = random.Random(SEED)
        organizations = [each["id"] for each in self.get("/api/organizations")]
        drawn, kinds = 0, {}
        for _ in range(FIGURES * 60):
            if drawn == FIGURES:
                break
            indicator = chance.choice(sorted(DEFINED))
            period = chance.choice(PERIODS)
            org = "bureau" if chance.random() < 0.6 else chance.choice(organizations)
            trace = self.trace(indicator, org, period)
            if not 0 < trace["rows_total"] <= ROWS_MAX:
                continue
            said = trace["figure"]["address"]
            self.assert_figure(trace["figure"], Adder(trace["rows"], period).of(indicator), said)
            deleted = self.delete_one(trace, indicator, period, chance)
            if not deleted:
                continue
            record, expected = deleted
            after = self.trace(indicator, org, period)
            self.assertNotIn(record, {row["record"] for row in after["rows"]}, said)
            self.assert_figure(after["figure"], expected, f"{said} without {record}")
            self.assertNotEqual([after["figure"][name] for name in ("value", "numerator", "denominator")],
                                [trace["figure"][name] for name in ("value", "numerator", "denominator")], said)
            drawn += 1
            defined = DEFINED[indicator]
            kind = defined["kind"] if defined["kind"] != "count" else f"count of {defined['count'] or 'rows'}"
            kinds[kind] = kinds.get(kind, 0) + 1
        self.assertEqual(drawn, FIGURES, kinds)
        for kind in ("count of rows", "count of subjects", "sum", "proportion", "derived"):
            self.assertIn(kind, kinds)


if __name__ == "__main__":
    unittest.main()
