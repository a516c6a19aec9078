"""A county of so many residents: everyone has a file, enough visits and services, every entry of its plan has a figure, its summary
can be written, the same seed gives the same records, and an export loads again.

Run: python3 -m unittest -v tests/programs/county_test.py
"""
import json
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from count_exported import RULES_OF_A_COUNTY, counted, figure  # noqa: E402
from demo import COUNTY, ROOT  # noqa: E402
from server import run  # noqa: E402

BOTH_YEARS = "2022-01-01..2023-12-31"
VISITS_MIN, SERVICES_MIN = 10, 4  # a resident, in the two years


class County(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.copy = COUNTY.copy()
        cls.addClassCleanup(cls.copy.cleanup)
        cls.out = Path(cls.copy.name)

    def run_here(self, *arguments):
        return run(*arguments, data=self.out / "data", check=True).stdout

    def test_everyone_has_a_file_and_enough_happens(self):
        """Counted from the exported NDJSON by a script of its own; the indicators say the same."""
        self.run_here("export", "-o", self.out / "export")
        people = {json.loads(line)["id"] for line in (self.out / "export" / "Patient.ndjson").read_text(encoding="utf-8").splitlines()}
        self.assertEqual(len(people), COUNTY.residents)
        rows = counted(self.out / "export", None, None, RULES_OF_A_COUNTY)
        self.assertEqual({subject.removeprefix("Patient/") for _, subject, _ in rows["records.files_managed.recorded"]}, people)
        self.assertGreaterEqual(len(rows["hospital_ops.total_visits.recorded"]), VISITS_MIN * len(people))
        self.assertGreaterEqual(len(rows["records.public_health_services.recorded"]), SERVICES_MIN * len(people))
        names = [*RULES_OF_A_COUNTY, "hospital_ops.visits_per_resident", "records.services_per_resident"]
        said = json.loads(self.run_here("--json", "indicators", *names, "--org", "bureau", "--period", BOTH_YEARS))
        values = {one["indicator"]: float(one["value"]) for one in said["indicators"]}
        for name in RULES_OF_A_COUNTY:
            self.assertEqual(values[name], figure(name, rows[name]), name)
        self.assertAlmostEqual(values["hospital_ops.visits_per_resident"], len(rows["hospital_ops.total_visits.recorded"]) / len(people))
        self.assertAlmostEqual(values["records.services_per_resident"], len(rows["records.public_health_services.recorded"]) / len(people))

    def test_every_entry_of_the_plan_can_be_judged(self):
        towns = ["town-01 5000, town-02 5000, town-03 5000, town-04 5000, town-05 5000, town-06 5000, town-07 5000, town-08 5000", "town-01 5000, town-02 5000"]
        plan = (ROOT / "sim" / "plans" / "county_2023.md").read_text(encoding="utf-8")
        self.assertIn(towns[0], plan)
        (self.out / "plan.md").write_text(plan.replace(*towns), encoding="utf-8")  # two thousand residents have two townships
        self.run_here("plan", "load", self.out / "plan.md")
        for day in ("2023-10-31", "2024-01-01"):
            shown, = json.loads(self.run_here("plan", "show", "--today", day, "--json"))
            self.assertEqual(shown["today"], day)
            self.assertEqual([entry["title"] for entry in shown["entries"] if entry["state"] == "no_figure"], [])
            self.assertEqual(bool(shown["counts"]["on_course"]), day < "2024")
        refused = run("plan", "show", "--today", "autumn", data=self.out / "data")
        self.assertEqual(refused.returncode, 1)
        self.assertIn("is not a day", refused.stdout + refused.stderr)

    def test_its_summary_has_a_value_for_every_figure(self):
        self.run_here("report", "county_year", "--org", "bureau", "--period", "2023", "-o", self.out / "county.txt")
        text = (self.out / "county.txt").read_text(encoding="utf-8")
        self.assertIn("2023年卫生健康工作总结", text)
        self.assertNotIn("无数据", text)
        self.assertNotIn("无可比数据", text)


def resources(export):
    """{type/id: the resource without what a server assigns}."""
    found = {}
    for file in sorted(Path(export).glob("*.ndjson")):
        with open(file, encoding="utf-8") as lines:
            for line in lines:
                resource = json.loads(line)
                for assigned in ("versionId", "lastUpdated"):
                    resource.get("meta", {}).pop(assigned, None)
                found[f"{resource['resourceType']}/{resource['id']}"] = resource
    assert found, f"{export} is empty"
    return found


class Again(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="xinglin-county-")
        cls.addClassCleanup(folder.cleanup)
        cls.out = Path(folder.name)
        cls.made = cls.simulate("made")

    @classmethod
    def simulate(cls, name):
        run("simulate", "--residents", "300", "--years", "2", "--seed", "5", data=cls.out / name, check=True)
        return cls.exported(name)

    @classmethod
    def exported(cls, name):
        run("export", "-o", cls.out / f"{name}.export", data=cls.out / name, check=True)
        return resources(cls.out / f"{name}.export")

    def test_the_same_seed_the_same_county(self):
        self.assertEqual(self.made, self.simulate("again"))

    def test_what_is_exported_loads_again_and_is_the_same(self):
        run("load", self.out / "made.export", data=self.out / "copy", check=True)
        self.assertEqual(self.made, self.exported("copy"))


if __name__ == "__main__":
    unittest.main()
