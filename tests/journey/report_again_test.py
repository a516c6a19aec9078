"""What was said can be said again: after later records, and with the tables and the file thrown away, the document as of
its commit has the same bytes; made now, it lists each figure that moved and the records that moved it."""
import json
import shutil
import unittest
from pathlib import Path

import sys

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from demo import HOSPITAL  # noqa: E402
from server import Server, run  # noqa: E402


def activity(identifier):
    """One more free clinic, entered late."""
    def choice(item, code):
        return {"valueCoding": {"system": f"urn:xinglin:form:publicity_activity:{item}", "code": code}}
    answers = {"held_on": {"valueDate": f"{HOSPITAL.period}-11-11"}, "activity_place": {"valueString": "社区广场"},
               "form_of": choice("form_of", "free_clinic"), "theme": {"valueString": "中医药健康文化"}}
    return {"resourceType": "QuestionnaireResponse", "id": identifier, "status": "completed",
            "questionnaire": "urn:xinglin:form:publicity_activity|1", "subject": {"reference": f"Organization/{HOSPITAL.org}"},
            "authored": f"{int(HOSPITAL.period) + 1}-01-15T09:00:00+08:00",
            "extension": [{"url": "urn:xinglin:organization", "valueReference": {"reference": f"Organization/{HOSPITAL.org}"}}],
            "item": [{"linkId": item, "answer": [answer]} for item, answer in answers.items()]}


class Again(unittest.TestCase):
    def setUp(self):
        copy = HOSPITAL.copy()
        self.addCleanup(copy.cleanup)
        self.out = Path(copy.name)
        self.data = self.out / "data"

    def report(self, file, *more):
        done = run("--json", "report", "hospital_year", "--org", HOSPITAL.org, "--period", HOSPITAL.period, "-o", self.out / file, *more,
                   data=self.data, check=True)
        return json.loads(done.stdout)

    def test_the_same_again_and_what_changed_since(self):
        # 1. Made once.
        kinds = ("docx", "html", "xlsx", "json", "txt")
        as_of = {self.report(f"first.{kind}")["as_of"] for kind in kinds}
        self.assertEqual(len(as_of), 1)
        as_of = as_of.pop()
        first = {kind: (self.out / f"first.{kind}").read_bytes() for kind in kinds}
        figures = json.loads(first["json"])["figures"]

        # 2. Later records: one more activity, one discharge taken back.
        address = next(f["address"] for f in figures if f["address"].startswith("hospital_ops.discharges@"))
        trace = json.loads(run("--json", "trace", address, data=self.data, check=True).stdout)
        gone = trace["rows"][0]["record"]
        late = self.out / "late.json"
        late.write_text(json.dumps(activity("late-activity"), ensure_ascii=False), encoding="utf-8")
        run("load", late, data=self.data, check=True)
        with Server(self.data) as server:
            answer = server.request("DELETE", f"/fhir/{gone}")
            self.assertIn(answer.status, (200, 204), answer.text)

        # 3. The tables and the files are thrown away; as of its commit the document is the same to the byte.
        for kind in kinds:
            (self.out / f"first.{kind}").unlink()
        tables = [path for path in self.data.rglob("warehouse*")]
        self.assertTrue(tables, "the tables are kept somewhere else now; mend this test")
        for path in tables:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        for kind in kinds:
            self.report(f"again.{kind}", "--as-of", as_of)
            self.assertEqual((self.out / f"again.{kind}").read_bytes(), first[kind], kind)

        # 4. Made now, it says what moved, and which records moved it.
        now = self.report("now.txt")
        self.assertEqual(now["since"], as_of)
        self.assertNotEqual((self.out / "now.txt").read_bytes(), first["txt"])
        moved = {change["address"].split("@")[0] + " " + change["after"]: change for change in now["changes"]}
        activities = moved["publicity.activities 3次"]
        self.assertEqual(activities["before"], "2次")
        self.assertEqual([(r["record"], r["what"]) for r in activities["records"]],
                         [("QuestionnaireResponse/late-activity", "added")])
        discharges = moved["hospital_ops.discharges 546人次"]
        self.assertEqual(discharges["before"], "547人次")
        self.assertEqual([(r["record"], r["what"]) for r in discharges["records"]], [(gone, "removed")])
        # Nothing else is blamed: what moved is counted from one of the two records.
        for change in now["changes"]:
            self.assertTrue({r["record"] for r in change["records"]} <= {gone, "QuestionnaireResponse/late-activity"}, change)
            self.assertTrue(change["records"], change)

        # 5. Said once; asked for by its moment it is said again.
        self.assertEqual(self.report("now.txt")["changes"], [])
        self.assertEqual(self.report("now.txt", "--since", as_of)["changes"], now["changes"])


if __name__ == "__main__":
    unittest.main()
