"""A county of so many residents: everyone has a file, enough visits and services, and the same seed gives the same records.

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


if __name__ == "__main__":
    unittest.main()
