"""$viewdefinition-run and $viewdefinition-export against the real program.

Run: python3 -m unittest -v tests/api/views_test.py
"""
import http.client
import json
import sys
import time
import unittest
from pathlib import Path
from urllib.parse import quote, urlsplit

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "support"))
from server import Server  # noqa: E402

WAIT_S = 60
PATIENTS = {"resourceType": "ViewDefinition", "name": "patients", "resource": "Patient", "status": "active", "select": [{"column": [
    {"name": "id", "path": "getResourceKey()"}, {"name": "family", "path": "name.family.first()"}, {"name": "born", "path": "birthDate"}]}]}
VALUES = {"resourceType": "ViewDefinition", "name": "vals", "resource": "Observation", "status": "active", "select": [{"column": [
    {"name": "id", "path": "id"}, {"name": "patient", "path": "subject.getReferenceKey(Patient)"},
    {"name": "value", "path": "value.ofType(Quantity).value"}]}]}


def parameters(*given):
    out = []
    for name, value in given:
        one = {"name": name}
        if name in ("viewResource", "resource"):
            one["resource"] = value
        elif name == "view":
            one["part"] = parameters(*value)["parameter"]
        elif name in ("viewReference", "patient", "group"):
            one["valueReference"] = {"reference": value}
        elif isinstance(value, bool):
            one["valueBoolean"] = value
        elif isinstance(value, int):
            one["valueInteger"] = value
        else:
            one["valueInstant" if name == "_since" else "valueCode" if name == "_format" else "valueString"] = value
        out.append(one)
    return {"resourceType": "Parameters", "parameter": out}


class Views(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.server.start()
        entries = [{"resource": {"resourceType": "Patient", "id": p, "name": [{"family": p.upper()}], "birthDate": "1980-01-01"}} for p in "abc"]
        entries += [{"resource": {"resourceType": "Observation", "id": f"o{i}", "status": "final", "code": {"text": "x"},
                                  "subject": {"reference": f"Patient/{'abc'[i % 3]}"}, "valueQuantity": {"value": i}}} for i in range(9)]
        entries += [{"resource": {"resourceType": "Group", "id": "g", "type": "person", "actual": True, "member": [
            {"entity": {"reference": "Patient/a"}}, {"entity": {"reference": "Patient/b"}}, {"entity": {"reference": "Patient/c"}, "inactive": True}]}}]
        for entry in entries:
            entry["request"] = {"method": "PUT", "url": f"{entry['resource']['resourceType']}/{entry['resource']['id']}"}
        answer = cls.server.request("POST", "/fhir", {"resourceType": "Bundle", "type": "transaction", "entry": entries})
        assert answer.status == 200, answer.text

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()

    def post(self, path, *given, headers=None):
        return self.server.request("POST", path, parameters(*given), headers=headers or {})

    def run_view(self, *given, headers=None):
        return self.post("/fhir/$viewdefinition-run", *given, headers=headers)

    def ids(self, *given):
        answer = self.run_view(("_format", "json"), *given)
        self.assertEqual(answer.status, 200, answer.text)
        return [row["id"] for row in answer.json()]

    def refused(self, answer, status, *parts):
        self.assertEqual(answer.status, status, answer.text)
        self.assertEqual(answer.json()["resourceType"], "OperationOutcome")
        for part in parts:
            self.assertIn(part, answer.text)

    # --- run

    def test_formats(self):
        rows = [{"id": f"Patient/{p}", "family": p.upper(), "born": "1980-01-01"} for p in "abc"]
        answer = self.run_view(("viewResource", PATIENTS))
        self.assertEqual((answer.status, answer.headers["Content-Type"]), (200, "application/json"))
        self.assertEqual(answer.json(), rows)
        answer = self.run_view(("viewResource", PATIENTS), ("_format", "ndjson"))
        self.assertEqual(answer.headers["Content-Type"], "application/x-ndjson")
        self.assertEqual([json.loads(line) for line in answer.text.splitlines()], rows)
        answer = self.run_view(("viewResource", PATIENTS), ("_format", "csv"))
        self.assertEqual(answer.text, "id,family,born\nPatient/a,A,1980-01-01\nPatient/b,B,1980-01-01\nPatient/c,C,1980-01-01\n")
        answer = self.run_view(("viewResource", PATIENTS), ("_format", "csv"), ("header", False), ("_limit", 1))
        self.assertEqual(answer.text, "Patient/a,A,1980-01-01\n")
        answer = self.run_view(("viewResource", PATIENTS), ("_format", "parquet"))
        self.assertEqual(answer.body[:4] + answer.body[-4:], b"PAR1PAR1")

    def test_the_accept_header(self):
        for accept, kind in [("text/csv", "text/csv; charset=utf-8"), ("application/x-ndjson", "application/x-ndjson"),
                             ("application/octet-stream", "application/vnd.apache.parquet"), ("*/*", "application/json")]:
            answer = self.run_view(("viewResource", PATIENTS), headers={"Accept": accept})
            self.assertEqual((answer.status, answer.headers["Content-Type"]), (200, kind))
        self.assertEqual(self.run_view(("viewResource", PATIENTS), headers={"Accept": "text/html"}).status, 406)
        answer = self.run_view(("viewResource", PATIENTS), ("_format", "json"), headers={"Accept": "text/csv"})
        self.assertEqual(answer.headers["Content-Type"], "application/json")

    def test_patients_and_groups(self):
        self.assertEqual(self.ids(("viewResource", VALUES), ("patient", "Patient/b")), ["o1", "o4", "o7"])
        self.assertEqual(self.ids(("viewResource", PATIENTS), ("patient", "Patient/b")), ["Patient/b"])
        self.assertEqual(self.ids(("viewResource", VALUES), ("group", "Group/g")), ["o0", "o1", "o3", "o4", "o6", "o7"])
        self.refused(self.run_view(("viewResource", VALUES), ("patient", "Patient/none")), 400, "There is no patient", "parameter[1]")
        self.refused(self.run_view(("viewResource", VALUES), ("patient", "none")), 400, "write Patient/ID")
        self.refused(self.run_view(("viewResource", VALUES), ("group", "Group/none")), 400, "There is no group")

    def test_since_and_limit(self):
        self.assertEqual(self.ids(("viewResource", VALUES), ("_limit", 2)), ["o0", "o1"])
        self.assertEqual(self.ids(("viewResource", VALUES), ("_since", "2999-01-01T00:00:00Z")), [])
        self.assertEqual(len(self.ids(("viewResource", VALUES), ("_since", "2020-01-01T00:00:00Z"))), 9)
        for wrong in (0, -1):
            self.refused(self.run_view(("viewResource", VALUES), ("_limit", wrong)), 400, "no number of rows")
        self.refused(self.run_view(("viewResource", VALUES), ("_since", "yesterday")), 400, "no instant")

    def test_resources_sent_along(self):
        sent = [{"resourceType": "Patient", "id": "z", "name": [{"family": "Z"}]}, {"resourceType": "Patient", "id": "y"}]
        self.assertEqual(self.ids(("viewResource", PATIENTS), *[("resource", one) for one in sent]), ["Patient/z", "Patient/y"])
        self.assertEqual(self.ids(("viewResource", PATIENTS), *[("resource", one) for one in sent], ("patient", "Patient/y")), ["Patient/y"])

    def test_tables_of_the_programs(self):
        for path in ("/fhir/$viewdefinition-run?viewReference=ViewDefinition/resident", "/fhir/ViewDefinition/resident/$viewdefinition-run?"):
            answer = self.server.request("GET", path + "&_format=csv&_limit=1")
            self.assertEqual(answer.status, 200, answer.text)
            self.assertTrue(answer.text.startswith("record,subject,org"), answer.text)
        self.assertEqual(self.run_view(("viewReference", "ViewDefinition/resident")).status, 200)
        self.assertEqual(self.post("/fhir/ViewDefinition/$viewdefinition-run", ("viewReference", "ViewDefinition/resident")).status, 200)
        self.refused(self.run_view(("viewReference", "ViewDefinition/residnt")), 404, "did you mean \\\"resident\\\"?")
        self.refused(self.run_view(("viewReference", "http://example.org/v|1")), 404, "There is no view")
        self.refused(self.server.request("GET", "/fhir/ViewDefinition/none/$viewdefinition-run"), 404, "There is no view")

    def test_wrong_requests(self):
        self.refused(self.run_view(), 400, "viewResource or viewReference")
        self.refused(self.run_view(("viewResource", PATIENTS), ("viewResource", PATIENTS)), 400, "not more")
        self.refused(self.run_view(("viewResource", PATIENTS), ("_formt", "csv")), 400, "did you mean \\\"_format\\\"?", "parameter[1]")
        self.refused(self.run_view(("viewResource", PATIENTS), ("_format", "xml")), 400, "json, ndjson, csv or parquet")
        self.refused(self.run_view(("viewResource", PATIENTS), ("_format", "csv"), ("_format", "csv")), 400, "given twice")
        self.refused(self.run_view(("viewResource", PATIENTS), ("header", "perhaps")), 400, "true or false")
        self.refused(self.run_view(("viewResource", PATIENTS), ("source", "s3://x")), 400, "not-supported")
        self.refused(self.server.request("POST", "/fhir/$viewdefinition-run", PATIENTS), 400, "send Parameters")
        self.refused(self.post("/fhir/ViewDefinition/resident/$viewdefinition-run", ("viewResource", PATIENTS)), 400, "address names the view")
        wrong = json.loads(json.dumps(PATIENTS))
        wrong["select"][0]["column"][1]["path"] = "nmae.family"
        self.refused(self.run_view(("viewResource", wrong)), 422, "Parameters.parameter[0].resource.select[0].column[1].path", "did you mean 'name'?")
        many = {"resourceType": "ViewDefinition", "resource": "Group", "select": [{"column": [{"name": "m", "path": "member.entity.reference"}]}]}
        self.refused(self.run_view(("viewResource", many)), 422, "gives 3 values")

    def test_an_answer_too_large_is_refused(self):
        text = "'" + "x" * 1000 + "'"
        deep = {"column": [{"name": "t", "path": text}]}
        for _ in range(11):
            deep = {"forEach": "%resource.member", "select": [deep]}
        view = {"resourceType": "ViewDefinition", "resource": "Group", "select": [deep]}
        self.refused(self.run_view(("viewResource", view), ("_format", "csv")), 413, "_limit", "$viewdefinition-export")

    # --- export

    def start(self, *given, headers=None):
        return self.post("/fhir/$viewdefinition-export", *given, headers={"Prefer": "respond-async"} if headers is None else headers)

    def get(self, url):
        parts = urlsplit(url)
        return self.server.request("GET", parts.path)

    def wait(self, answer):
        """The result of an export that was started, once it is there."""
        self.assertEqual(answer.status, 202, answer.text)
        deadline = time.monotonic() + WAIT_S
        while time.monotonic() < deadline:
            status = self.get(answer.headers["Content-Location"])
            if status.status == 303:
                return self.get(status.headers["Location"])
            self.assertEqual(status.status, 202, status.text)
            self.assertIn("Retry-After", status.headers)
            self.assertIn("X-Progress", status.headers)
            time.sleep(0.02)
        self.fail("the export is not done")

    @staticmethod
    def value(outcome, name):
        return next(next(value for key, value in one.items() if key != "name") for one in outcome["parameter"] if one["name"] == name)

    def test_an_export(self):
        started = self.start(("view", [("viewResource", PATIENTS)]), ("view", [("name", "mine"), ("viewResource", VALUES)]),
                             ("view", [("viewReference", "ViewDefinition/resident")]), ("_format", "csv"),
                             ("clientTrackingId", "t-1"), ("patient", "Patient/a"), ("patient", "Patient/b"))
        self.assertEqual(self.value(started.json(), "status"), "accepted")
        self.assertEqual(self.value(started.json(), "location"), started.headers["Content-Location"])
        result = self.wait(started)
        self.assertEqual(result.status, 200, result.text)
        self.assertIn("Expires", result.headers)
        told = result.json()
        self.assertEqual([self.value(told, name) for name in ("status", "clientTrackingId", "_format")], ["completed", "t-1", "csv"])
        outputs = {one["part"][0]["valueString"]: one["part"][1]["valueUri"] for one in told["parameter"] if one["name"] == "output"}
        self.assertEqual(sorted(outputs), ["mine", "patients", "resident"])
        file = self.get(outputs["mine"])
        self.assertEqual(file.headers["Content-Type"], "text/csv; charset=utf-8")
        self.assertIn('filename="mine.csv"', file.headers["Content-Disposition"])
        self.assertEqual(file.text.splitlines(), ["id,patient,value"] + [f"o{i},Patient/{'abc'[i % 3]},{i}" for i in range(9) if i % 3 < 2])
        self.assertEqual(len(self.get(outputs["patients"]).text.splitlines()), 3)
        # Removed, everything of it is gone.
        status = urlsplit(started.headers["Content-Location"]).path
        self.assertEqual(self.server.request("DELETE", status).status, 202)
        for url in (started.headers["Content-Location"], outputs["mine"]):
            self.refused(self.get(url), 404)
        self.refused(self.server.request("DELETE", status), 404)
        self.assertFalse((self.server.data / "exports" / self.value(told, "exportId")).exists())

    def test_the_other_formats(self):
        for name, first in [("ndjson", b'{"id":"Patient/a"'), ("json", b'[{"id":"Patient/a"'), ("parquet", b"PAR1")]:
            told = self.wait(self.start(("view", [("viewResource", PATIENTS)]), ("_format", name))).json()
            location = next(one["part"][1]["valueUri"] for one in told["parameter"] if one["name"] == "output")
            self.assertTrue(location.endswith(f"/patients.{name}"))
            self.assertTrue(self.get(location).body.startswith(first))

    def test_a_view_that_fails_when_it_runs(self):
        many = {"resourceType": "ViewDefinition", "resource": "Group", "select": [{"column": [{"name": "m", "path": "member.entity.reference"}]}]}
        self.refused(self.wait(self.start(("view", [("viewResource", many)]))), 422, "Group/g", "gives 3 values")

    def test_all_views_are_looked_at_before_it_starts(self):
        wrong = json.loads(json.dumps(PATIENTS))
        wrong["select"][0]["column"][1]["path"] = "nmae"
        other = json.loads(json.dumps(VALUES))
        other["resource"] = "Observatoin"
        answer = self.start(("view", [("viewResource", wrong)]), ("view", [("name", "b"), ("viewResource", other)]))
        self.refused(answer, 422, "Parameters.parameter[0].part[0].resource.select[0].column[1].path",
                     "Parameters.parameter[1].part[1].resource.resource", "did you mean 'Observation'?")

    def test_wrong_exports(self):
        view = ("view", [("viewResource", PATIENTS)])
        self.refused(self.start(view, headers={}), 400, "respond-async")
        self.refused(self.start(), 400, "a part viewResource or viewReference")
        self.refused(self.start(view, view), 400, "Two outputs are named")
        self.refused(self.start(("view", [("name", "../x"), ("viewResource", PATIENTS)])), 400, "no name for an output")
        self.refused(self.start(("view", [("name", "x")])), 400, "neither viewResource nor viewReference")
        self.refused(self.start(view, ("patient", "Patient/none")), 404, "There is no patient")
        self.refused(self.start(view, ("_limit", 3)), 400, "no parameter")
        self.refused(self.start(*[("view", [("name", f"v{i}"), ("viewResource", PATIENTS)]) for i in range(51)]), 400, "more than 50 views")
        for path in ("status", "result", "x.csv"):
            self.refused(self.server.request("GET", f"/fhir/$viewdefinition-export/none/{path}"), 404)

    def test_what_is_done_outlives_the_program(self):
        with Server() as server:
            server.request("PUT", "/fhir/Patient/a", {"resourceType": "Patient", "id": "a"})
            answer = server.request("POST", "/fhir/$viewdefinition-export", parameters(("view", [("viewResource", PATIENTS)])),
                                    headers={"Prefer": "respond-async"})
            status = urlsplit(answer.headers["Content-Location"]).path
            deadline = time.monotonic() + WAIT_S
            while server.request("GET", status).status != 303 and time.monotonic() < deadline:
                time.sleep(0.02)
            server.stop()
            half = server.data / "exports" / "half"
            half.mkdir()
            (half / "x.csv.part").write_text("a")
            server.start()
            self.assertEqual(server.request("GET", status).status, 303)
            told = server.request("GET", status.replace("/status", "/result")).json()
            location = next(one["part"][1]["valueUri"] for one in told["parameter"] if one["name"] == "output")
            self.assertIn('"Patient/a"', server.request("GET", urlsplit(location).path).text)
            self.assertFalse(half.exists())

    # --- what is told of them

    def test_the_capability_statement_tells_of_them(self):
        operations = self.server.request("GET", "/fhir/metadata").json()["rest"][0]["operation"]
        self.assertEqual({one["name"]: one["definition"] for one in operations}, {
            name: f"http://sql-on-fhir.org/OperationDefinition/${name}" for name in ("viewdefinition-run", "viewdefinition-export")})


if __name__ == "__main__":
    unittest.main()
