"""Forms are deleted through the API, k of those that each figure counts: a count made from the exported NDJSON by a script
of its own and Xinglin's figure both fall by exactly that, and what the forms yielded goes in the same commit."""
import json
import random
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from count_exported import RULES, counted, figure  # noqa: E402
from demo import HOSPITAL  # noqa: E402
from server import Server, run  # noqa: E402

SEED = 20231231
MOST = 7  # forms deleted of one kind


class Deletion(unittest.TestCase):
    def setUp(self):
        copy = HOSPITAL.copy()
        self.addCleanup(copy.cleanup)
        self.out = Path(copy.name)
        self.data = self.out / "data"

    def exported(self, name):
        run("export", "-o", self.out / name, data=self.data, check=True)
        return counted(self.out / name, HOSPITAL.org, HOSPITAL.period)

    def figures(self):
        said = json.loads(run("--json", "indicators", *RULES, "--org", HOSPITAL.org, "--period", HOSPITAL.period, data=self.data, check=True).stdout)
        rows = said["indicators"] if isinstance(said, dict) else said
        return {row["indicator"]: row["value"] for row in rows}

    def agree(self, rows, figures):
        for name in RULES:
            self.assertEqual(str(figure(name, rows[name])), figures[name], name)

    def test_both_fall_by_exactly_what_was_deleted(self):
        before, printed = self.exported("before"), self.figures()
        self.agree(before, printed)
        pick = random.Random(SEED)
        victims = {}
        for name, rows in before.items():
            self.assertTrue(rows, f"{name} counts nothing; the test would say nothing")
            taken = {v for chosen in victims.values() for v in chosen}
            ids = sorted({row[0] for row in rows} - taken)
            victims[name] = pick.sample(ids, min(len(ids), pick.randint(1, MOST)))
        everything = sorted({v for chosen in victims.values() for v in chosen})
        deleted = set(everything)
        expected = {name: figure(name, [row for row in rows if row[0] not in deleted]) for name, rows in before.items()}
        for name, rule in RULES.items():  # where forms are counted, it is k
            if rule.of == "forms":
                gone = len([row for row in before[name] if row[0] in deleted])
                self.assertEqual(figure(name, before[name]) - expected[name], gone, name)

        with Server(self.data) as server:
            yielded = {}
            for form in everything:
                bundle = server.request("GET", f"/fhir/Encounter?_tag=urn:xinglin:derived-from|{form}").json()
                yielded[form] = [entry["resource"]["id"] for entry in bundle.get("entry", [])]
            self.assertTrue(any(yielded.values()))
            half = len(everything) // 2
            for form in everything[:half]:  # one by one
                self.assertIn(server.request("DELETE", f"/fhir/QuestionnaireResponse/{form}").status, (200, 204))
            answer = server.request("POST", "/fhir", {"resourceType": "Bundle", "type": "transaction", "entry": [
                {"request": {"method": "DELETE", "url": f"QuestionnaireResponse/{form}"}} for form in everything[half:]]})
            self.assertEqual(answer.status, 200, answer.text)
            for form, encounters in yielded.items():
                for encounter in encounters:
                    self.assertEqual(server.request("GET", f"/fhir/Encounter/{encounter}").status, 410)
                    gone = [server.request("GET", f"/fhir/{kind}/_history").json()["entry"][0]
                            for kind in (f"QuestionnaireResponse/{form}", f"Encounter/{encounter}")]
                    self.assertEqual([entry["request"]["method"] for entry in gone], ["DELETE", "DELETE"])
                    self.assertEqual(gone[0]["response"]["lastModified"], gone[1]["response"]["lastModified"])
            server.wait_until_fresh()

        after, now = self.exported("after"), self.figures()
        self.agree(after, now)
        for name in RULES:
            self.assertEqual(now[name], str(expected[name]), name)
            self.assertLess(expected[name], figure(name, before[name]), name)

    def test_what_does_not_count_moves_nothing(self):
        rows, printed = self.exported("before"), self.figures()
        with Server(self.data) as server:
            # A form of the year before, and one that was cancelled.
            stays = server.request("GET", "/fhir/QuestionnaireResponse?questionnaire=urn:xinglin:form:inpatient_stay|1&_count=500").json()
            counted_ids = {row[0] for chosen in rows.values() for row in chosen}
            others = [e["resource"]["id"] for e in stays["entry"] if e["resource"]["id"] not in counted_ids][:5]
            self.assertTrue(others)
            for form in others:
                self.assertIn(server.request("DELETE", f"/fhir/QuestionnaireResponse/{form}").status, (200, 204))
            server.wait_until_fresh()
        self.assertEqual(self.figures(), printed)
        self.agree(self.exported("after"), printed)


if __name__ == "__main__":
    unittest.main()
