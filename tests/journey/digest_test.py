"""A figure's digest can be made again by anybody from its rows, as docs/indicators.md says.

Run: python3 -m unittest -v tests/journey/digest_test.py
"""
import hashlib
import json
import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "support"))
from demo import HOSPITAL  # noqa: E402
from server import run  # noqa: E402

FIELDS = ["part", "org", "subject", "record", "happened", "since", "until", "hit", "value", "weight", "counted"]


def field(name, value):
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if name in ("value", "weight") and "." in value:
        return value.rstrip("0").rstrip(".")
    return value


def digest(rows):
    lines = ("\x1f".join(field(name, row[name]) for name in FIELDS) + "\n" for row in rows)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


class Digest(unittest.TestCase):
    def test_made_again_from_the_rows(self):
        copy = HOSPITAL.copy()
        self.addCleanup(copy.cleanup)
        data = Path(copy.name) / "data"
        # A count, a sum, a proportion, a stock, a derived figure with rows of several parts, subjects counted once.
        for indicator in ("hospital_ops.discharges", "hospital_ops.drug_income", "immunization.vaccination_rate",
                          "hospital_ops.beds", "hospital_ops.bed_turnover", "maternal.managed"):
            with self.subTest(indicator=indicator):
                said = run("--json", "trace", f"{indicator}/{HOSPITAL.org}/{HOSPITAL.period}", "--rows", "0", data=data, check=True)
                trace = json.loads(said.stdout)
                self.assertGreater(len(trace["rows"]), 0)
                self.assertEqual(len(trace["rows"]), trace["rows_total"])
                self.assertEqual(digest(trace["rows"]), trace["digest"])
                self.assertNotEqual(digest(trace["rows"][1:]), trace["digest"])


if __name__ == "__main__":
    unittest.main()
