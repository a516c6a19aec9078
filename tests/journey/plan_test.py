"""A plan from its file to its states: loaded, shown by the command and to the pages, moving as records arrive.

Run: python3 -m unittest -v tests/journey/plan_test.py
"""
import json
import sys
import tempfile
import time
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "support"))
from server import Server, run  # noqa: E402

PLAN = """# 2023年工作计划
- plan: hospital_2023
- org: h1
- period: 2023

## 一、医疗
### 入院两人次
- target: hospital_ops.admissions >= 2
- owner: 医务科
### 迁建
- due: 2023-09-30
"""


def stay(number):
    return {"resourceType": "QuestionnaireResponse", "id": f"stay-{number}",
            "extension": [{"url": "urn:xinglin:organization", "valueReference": {"reference": "Organization/h1"}}],
            "questionnaire": "urn:xinglin:form:inpatient_stay|1", "status": "completed",
            "subject": {"reference": "Patient/p1"}, "authored": "2023-05-09T08:00:00+08:00",
            "item": [{"linkId": "admission_no", "answer": [{"valueString": f"Z{number}"}]},
                     {"linkId": "admission_diagnosis", "answer": [{"valueString": "肺炎"}]},
                     {"linkId": "admitted_on", "answer": [{"valueDate": "2023-05-01"}]}]}


class PlanJourney(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory(prefix="xinglin-plan-")
        self.directory = Path(self.temporary.name)
        self.data = self.directory / "data"
        self.load({"resourceType": "Organization", "id": "h1", "name": "县医院"})
        self.load({"resourceType": "Patient", "id": "p1", "name": [{"text": "张三"}], "gender": "female",
                   "birthDate": "1980-05-01", "managingOrganization": {"reference": "Organization/h1"}})

    def tearDown(self):
        self.temporary.cleanup()

    def load(self, resource):
        path = self.directory / f"{resource['id']}.json"
        path.write_text(json.dumps(resource), encoding="utf-8")
        run("load", path, data=self.data, check=True)

    def plan(self, text):
        path = self.directory / "plan.md"
        path.write_text(text, encoding="utf-8")
        return run("plan", "load", path, data=self.data)

    def states(self):
        shown = json.loads(run("plan", "show", "--json", data=self.data, check=True).stdout)
        return [[entry["state"] for entry in plan["entries"]] for plan in shown]

    def test_from_a_file_to_its_states(self):
        self.load(stay(1))
        done = self.plan(PLAN)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("hospital_2023: 2 entries, 1 of them targets", done.stdout)
        # The year is over: one of two is not enough, and the task has no day.
        self.assertEqual(self.states(), [["missed", "missed"]])
        with Server(data=self.data) as server:
            plans = server.request("GET", "/api/plans?org=h1&period=2023&today=2023-12-01").json()
            entry = plans[0]["entries"][0]
            self.assertEqual((entry["state"], entry["value"], entry["owner"]), ("late", "1", "医务科"))
            self.assertTrue(entry["address"].startswith("hospital_ops.admissions@"))
            self.assertEqual(plans[0]["counts"]["late"], 1)
            trace = server.request("GET", "/api/trace?address=" + entry["address"]).json()
            self.assertEqual([row["record"] for row in trace["rows"]], ["QuestionnaireResponse/stay-1"])
            # The record arrives, and the state follows.
            answer = server.request("PUT", "/fhir/QuestionnaireResponse/stay-2", stay(2))
            self.assertEqual(answer.status, 201)
            for _ in range(300):  # the tables follow the records
                plans = server.request("GET", "/api/plans?today=2023-12-01").json()
                if plans[0]["entries"][0]["value"] == "2":
                    break
                time.sleep(0.1)
            self.assertEqual(plans[0]["entries"][0]["state"], "done")
            self.assertEqual(server.request("GET", "/api/plans?org=other").json(), [])
            refused = server.request("GET", "/api/plans?today=tomorrow")
            self.assertEqual(refused.status, 400)
        # Revised: the task was done.
        self.assertEqual(self.plan(PLAN + "- done: 2023-09-12\n").returncode, 0)
        self.assertEqual(self.states(), [["done", "done"]])
        self.assertIn("已于2023年9月12日完成", run("plan", "show", data=self.data, check=True).stdout)

    def test_a_plan_that_is_wrong_changes_nothing(self):
        done = self.plan(PLAN.replace("admissions >= 2", "admission >= 2"))
        self.assertEqual(done.returncode, 1)
        self.assertIn("plan.md:8: error: there is no indicator 'hospital_ops.admission'; did you mean 'hospital_ops.admissions'?",
                      done.stdout + done.stderr)
        self.assertEqual(self.states(), [])

    def test_targets_proposed_from_prose(self):
        path = self.directory / "prose.txt"
        path.write_text("全年出院人次达到600人次，药占比控制在30%以内。", encoding="utf-8")
        done = run("plan", "propose", path, data=self.data, check=True)
        self.assertIn("- target: hospital_ops.discharges >= 600", done.stdout)
        self.assertIn("- target: hospital_ops.drug_income_share <= 30%", done.stdout)


if __name__ == "__main__":
    unittest.main()
