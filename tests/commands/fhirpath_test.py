"""`xinglin fhirpath`: items with their types, the place of an error, what an expression is compiled to.

Run: python3 -m unittest -v tests/commands/fhirpath_test.py
"""
import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "support"))
from server import binary  # noqa: E402

PATIENT = {"resourceType": "Patient", "birthDate": "1980-01-01", "_gender": {"id": "g"},
           "name": [{"family": "王", "given": ["小", "a\nb"]}]}


def fhirpath(*arguments, given=PATIENT):
    text = given if isinstance(given, str) else json.dumps(given, ensure_ascii=False)
    return subprocess.run([binary(), "fhirpath", *arguments], input=text, capture_output=True, text=True, timeout=60)


class Fhirpath(unittest.TestCase):
    def test_an_item_a_line_with_its_type(self):
        done = fhirpath("name.given | birthDate | 5 | 1.50 | true | @2023 | 3 days | gender | name")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout.split("\n"), [
            "string\t小", "string\ta\\nb", "date\t1980-01-01", "Integer\t5", "Decimal\t1.50", "Boolean\ttrue", "Date\t2023",
            "Quantity\t3 days", "code\t(no value)", 'HumanName\t{"family":"王","given":["小","a\\nb"]}', ""])
        self.assertEqual(fhirpath("name.prefix").stdout, "")

    def test_json(self):
        done = fhirpath("name.given.first() | 1.50 | gender | 3 days | name.exists()", "--json")
        self.assertEqual(json.loads(done.stdout, parse_float=str), [
            {"type": "string", "value": "小"}, {"type": "Decimal", "value": "1.50"}, {"type": "code", "value": None},
            {"type": "Quantity", "value": "3 days"}, {"type": "Boolean", "value": True}])

    def test_a_file(self):
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump({"resourceType": "Bundle", "type": "collection", "entry": [
                {"fullUrl": "urn:uuid:1", "resource": PATIENT},
                {"resource": {"resourceType": "Observation", "subject": {"reference": "urn:uuid:1"}}}]}, file)
            file.flush()
            done = fhirpath("entry.resource.ofType(Observation).subject.resolve().birthDate", file.name, given="")
            self.assertEqual(done.stdout, "date\t1980-01-01\n", done.stderr)

    def refused(self, done, *parts):
        self.assertEqual(done.returncode, 1, done.stdout)
        for part in parts:
            self.assertIn(part, done.stderr)

    def test_the_place_of_an_error(self):
        self.refused(fhirpath("name.famly.x"), "1:6:", "did you mean 'family'?", "  name.famly.x\n       ^\n")
        self.refused(fhirpath("name.\n  famly"), "2:3:", "    famly\n    ^\n")
        self.refused(fhirpath("'王' + name.famly"), "  '王' + name.famly\n              ^\n")  # two places for 王
        self.refused(fhirpath("name.given.single()"), "1:12:", "there are 2", "  name.given.single()\n             ^\n")
        self.refused(fhirpath("name.("), "^")
        done = fhirpath("name.famly", "--json")
        self.refused(done, "^")
        self.assertEqual(json.loads(done.stdout)["resourceType"], "OperationOutcome")
        self.refused(fhirpath("name", "none.json"), "none.json", "cannot be opened")
        self.refused(fhirpath("name", given="{\n1}"), "<stdin>:2:")
        self.assertEqual(fhirpath().returncode, 2)

    def test_explain(self):
        done = fhirpath("name.where(use = 'official').given.first() = 'x'", "--explain", "--type", "Patient")
        self.assertEqual(done.returncode, 0, done.stderr)
        for part in ("parsed\n  operator = (column 44)\n", "function where (column 6)", "gives\n  System.Boolean, one at most\n",
                     "step given of HumanName -> string", "= the result"):
            self.assertIn(part, done.stdout)
        told = json.loads(fhirpath("value.ofType(Quantity).unit", "--explain", "--type", "Observation", "--json").stdout)
        self.assertEqual(told["gives"], "string, one at most")
        self.assertTrue(any("step value of Observation -> Quantity (valueQuantity)" in line for line in told["compiled"]), told)
        self.refused(fhirpath("nmae", "--explain", "--type", "Patient"), "did you mean 'name'?", "^")


if __name__ == "__main__":
    unittest.main()
