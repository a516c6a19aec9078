"""The demos owe nothing late: whatever an institution is asked for within the two years was returned and accepted.

Run: python3 -m unittest -v tests/programs/demo_returns_test.py
"""
import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "support"))
from demo import COUNTY, HOSPITAL  # noqa: E402
from server import Server  # noqa: E402


class DemoReturns(unittest.TestCase):
    def test_none_is_overdue(self):
        for demo in (HOSPITAL, COUNTY):
            copy = demo.copy()
            self.addCleanup(copy.cleanup)
            with Server(data=Path(copy.name) / "data") as server:
                for year in ("2022", "2023"):
                    with self.subTest(demo=demo.name, year=year):
                        returns = server.request("GET", f"/api/returns?org=bureau&period={year}").json()["returns"]
                        self.assertIn("accepted", {each["state"] for each in returns})
                        self.assertEqual([each["id"] for each in returns if each["overdue"]], [])
                        # What has no day to be in by may be open.
                        self.assertEqual([each["id"] for each in returns if each["due_on"] and each["state"] != "accepted"], [])


if __name__ == "__main__":
    unittest.main()
