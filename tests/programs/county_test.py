"""A county of so many residents: everyone has a file and enough happens, a seed always gives the same, an export loads again.

Run: python3 -m unittest -v tests/programs/county_test.py
"""
import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from demo import BINARY, ROOT  # noqa: E402

RESIDENTS = 300


def xinglin(data, *arguments):
    done = subprocess.run([BINARY, "--data", data, *arguments], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


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


class County(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="xinglin-county-")
        cls.addClassCleanup(folder.cleanup)
        cls.data = Path(folder.name) / "a"
        cls.said = xinglin(cls.data, "simulate", "--residents", str(RESIDENTS), "--years", "2", "--seed", "5")
        cls.other = xinglin(Path(folder.name) / "b", "simulate", "--residents", str(RESIDENTS), "--years", "2", "--seed", "5")

    def figure(self, indicator, period):
        said = json.loads(xinglin(self.data, "--json", "indicators", indicator, "--org", "bureau", "--period", period))
        return float(said["indicators"][0]["value"])

    def test_everyone_has_a_file_and_enough_happens(self):
        self.assertEqual(self.figure("records.files_managed.recorded", "2023"), RESIDENTS)
        visits = self.figure("hospital_ops.total_visits.recorded", "2022-01-01..2023-12-31")
        self.assertGreaterEqual(visits, 10 * RESIDENTS)
        services = self.figure("records.public_health_services.recorded", "2022-01-01..2023-12-31")
        self.assertGreaterEqual(services, 4 * RESIDENTS)

    def test_the_same_seed_the_same_county(self):
        self.assertEqual(self.said, self.other)

    def test_what_is_exported_loads_again_and_is_the_same(self):
        first, copy, second = (self.data.parent / name for name in ("export", "c", "export-again"))
        xinglin(self.data, "export", "-o", first)
        xinglin(copy, "load", first)
        xinglin(copy, "export", "-o", second)
        self.assertEqual(resources(first), resources(second))


if __name__ == "__main__":
    unittest.main()
