"""Every *.http file beside this one, and every request in docs/fhir.md, docs/api.md and docs/views.md, against the real program.

Run: python3 -m unittest -v tests/api/http_cases_test.py
"""
import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "support"))
from http_cases import Mismatch, Talk, read_cases  # noqa: E402
from server import Server  # noqa: E402

CONVERSATIONS = {path.stem: [path] for path in sorted((ROOT / "tests" / "api" / "cases").glob("*.http"))}
CONVERSATIONS["documentation"] = [ROOT / "docs" / "fhir.md", ROOT / "docs" / "api.md"]  # one after the other
CONVERSATIONS["views"] = [ROOT / "docs" / "views.md"]


class HttpCases(unittest.TestCase):
    maxDiff = None


def _test(paths):
    def test(self):
        cases = [case for path in paths for case in read_cases(path)]
        self.assertGreater(len(cases), 3 * len(paths), f"{paths} have no cases")
        with Server() as server:
            talk = Talk(server)
            for case in cases:
                try:
                    talk.run(case)
                except (Mismatch, KeyError) as wrong:
                    self.fail(f"{case.place}: {case.title}: {case.method} {case.target}: {wrong}")
    return test


for _name, _paths in CONVERSATIONS.items():
    setattr(HttpCases, f"test_{_name}", _test(_paths))


class Compare(unittest.TestCase):
    """The comparison itself can fail."""

    def test_what_differs_is_found(self):
        talk = Talk(None)
        for wanted, got in [({"a": "1"}, {"a": "2"}), ({"a": "1"}, {}), (["x"], ["x", "y"]), ({"!a": ""}, {"a": "1"}),
                            ("a...c", "abd"), ("1.0", "1.00"), (["x", "..."], [])]:
            with self.subTest(wanted=wanted, got=got), self.assertRaises(Mismatch):
                talk.compare(wanted, got, "$")

    def test_what_is_left_open_may_be_anything(self):
        talk = Talk(None)
        talk.compare({"a": "...", "b": ["x", "..."], "c": "a...c"}, {"a": 1, "b": ["x", "y"], "c": "abc", "d": 4}, "$")
        talk.compare("W/{{n}}", "W/12", "$")
        self.assertEqual(talk.names["n"], "12")
        with self.assertRaises(Mismatch):
            talk.compare("{{n}}", "13", "$")


if __name__ == "__main__":
    unittest.main()
