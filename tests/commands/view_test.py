"""`xinglin view`: rows in every form, messages and exit codes, nothing half written.

Run: python3 -m unittest -v tests/commands/view_test.py
"""
import csv
import gzip
import io
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "support"))
from server import binary, run  # noqa: E402

VIEW = {
    "resourceType": "ViewDefinition", "name": "patients", "resource": "Patient", "status": "active",
    "select": [{"column": [
        {"name": "id", "path": "getResourceKey()"},
        {"name": "born", "path": "birthDate", "type": "date"},
        {"name": "family", "path": "name.family.first()"},
        {"name": "given", "path": "name.given", "collection": True},
        {"name": "active", "path": "active"}]}],
    "where": [{"path": "name.exists()"}],
}
PATIENTS = [
    {"resourceType": "Patient", "id": "a", "birthDate": "1950-03", "active": True, "name": [{"family": "王", "given": ["小", "明"]}]},
    {"resourceType": "Patient", "id": "b", "name": [{"family": "a,\"b\""}]},
    {"resourceType": "Patient", "id": "c"},
    {"resourceType": "Observation", "id": "o", "status": "final", "code": {"text": "x"}},
]
ROWS = [
    {"id": "Patient/a", "born": "1950-03", "family": "王", "given": ["小", "明"], "active": True},
    {"id": "Patient/b", "born": None, "family": "a,\"b\"", "given": [], "active": None},
]


class View(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory(prefix="xinglin-view-")
        self.directory = Path(self.temporary.name)
        self.view = self.write("view.json", VIEW)

    def tearDown(self):
        self.temporary.cleanup()

    def write(self, name, content):
        path = self.directory / name
        path.parent.mkdir(exist_ok=True)
        text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
        path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
        return path

    def lines(self, name="in/patients.ndjson", patients=PATIENTS):
        return self.write(name, "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in patients))

    def run_view(self, source, out, *more, view=None):
        return run("view", "run", view or self.view, "--in", source, "--out", self.directory / out, *more)

    def rows(self, source):
        done = self.run_view(source, "rows.ndjson")
        self.assertEqual(done.returncode, 0, done.stderr)
        return [json.loads(line) for line in (self.directory / "rows.ndjson").read_text().splitlines()]

    def refused(self, done, code, *parts):
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        for part in parts:
            self.assertIn(part, done.stderr)
        self.assertEqual(sorted(path.name for path in self.directory.iterdir() if path.name.startswith("rows")), [])

    def test_every_form_of_input(self):
        self.assertEqual(self.rows(self.lines()), ROWS)
        self.assertEqual(self.rows(self.lines("in/patients.ndjson.gz")), ROWS)
        bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": one} for one in PATIENTS]}
        self.assertEqual(self.rows(self.write("bundle.json", bundle)), ROWS)
        self.assertEqual(self.rows(self.write("bundle.json.gz", bundle)), ROWS)
        self.assertEqual(self.rows(self.write("one.json", PATIENTS[0])), ROWS[:1])
        self.assertEqual(self.rows(self.directory / "in"), ROWS + ROWS)  # the plain and the packed file of the directory

    def test_the_records(self):
        data = self.directory / "data"
        run("load", self.lines(), data=data, check=True)
        done = run("view", "run", self.view, "--in", "store", "--out", self.directory / "rows.ndjson", data=data)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual([json.loads(line) for line in (self.directory / "rows.ndjson").read_text().splitlines()], ROWS)
        (self.directory / "rows.ndjson").unlink()
        self.refused(run("view", "run", self.view, "--in", "store", "--out", self.directory / "rows.csv", data=self.directory / "none"),
                     1, "There is no data directory")

    def test_every_form_of_output(self):
        source = self.lines()
        done = self.run_view(source, "rows.csv")
        self.assertEqual(done.stdout, f"2 rows of 4 resources in {self.directory}/rows.csv\n")
        read = list(csv.reader(io.StringIO((self.directory / "rows.csv").read_text())))
        self.assertEqual(read, [["id", "born", "family", "given", "active"], ["Patient/a", "1950-03", "王", '["小","明"]', "true"],
                                ["Patient/b", "", 'a,"b"', "[]", ""]])
        self.run_view(source, "rows.csv", "--no-header")
        self.assertEqual(len(list(csv.reader(io.StringIO((self.directory / "rows.csv").read_text())))), 2)
        done = self.run_view(source, "rows.json.gz", "--json")
        self.assertEqual(json.loads(done.stdout), {"output": f"{self.directory}/rows.json.gz", "resources": 4, "rows": 2, "stopped": False})
        self.assertEqual(json.loads(gzip.decompress((self.directory / "rows.json.gz").read_bytes())), ROWS)
        done = self.run_view(source, "rows.parquet")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual((self.directory / "rows.parquet").read_bytes()[:4], b"PAR1")

    def test_the_example_of_the_documentation(self):
        text = (ROOT / "docs" / "views.md").read_text()
        view, record = re.findall(r"^```json\n(.*?)^```", text, re.S | re.M)
        wanted = re.search(r"^```csv\n(.*?)^```", text, re.S | re.M)[1]
        done = self.run_view(self.write("record.json", record), "rows.csv", view=self.write("drugs.json", view))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual((self.directory / "rows.csv").read_text(), wanted)

    def test_columns(self):
        done = run("view", "columns", self.view, "--json", check=True)
        self.assertEqual(json.loads(done.stdout)[3], {"name": "given", "type": "string", "collection": True, "sql": "VARCHAR[]"})
        self.assertIn("born", run("view", "columns", self.view, check=True).stdout)

    def test_a_wrong_view_names_its_place(self):
        wrong = json.loads(json.dumps(VIEW))
        wrong["select"].append({"column": [{"name": "x", "path": "nmae.family"}]})
        done = self.run_view(self.lines(), "rows.csv", view=self.write("wrong.json", wrong))
        self.refused(done, 1, "wrong.json", "ViewDefinition.select[1].column[0].path", "did you mean 'name'?")
        broken = self.write("broken.json", "{\n\"resource\": Patient}")
        self.refused(self.run_view(self.lines(), "rows.csv", view=broken), 1, "broken.json:2:")

    def test_bad_input_names_file_line_and_resource(self):
        bad = self.write("bad.ndjson", json.dumps(PATIENTS[0]) + "\n\n{\"resourceType\":\n")
        self.refused(self.run_view(bad, "rows.csv"), 1, "bad.ndjson:3:")
        self.refused(self.run_view(self.write("list.json", [1]), "rows.csv"), 1, "list.json", "not a resource")
        many = json.loads(json.dumps(VIEW))
        many["select"][0]["column"][3]["collection"] = False
        done = self.run_view(self.lines(patients=[PATIENTS[1], PATIENTS[0]]), "rows.csv", view=self.write("many.json", many))
        self.refused(done, 1, "patients.ndjson:2", "gives 2 values", "Patient/a", "select[0].column[3]")

    def test_misuse(self):
        self.refused(run("view"), 2)
        self.refused(run("view", "run", self.view), 2, "--in")
        self.refused(run("view", "run", self.view, "--in", "x"), 2, "--out")
        self.refused(self.run_view(self.lines(), "rows.txt"), 1, ".parquet")
        self.refused(self.run_view(self.directory / "none", "rows.csv"), 1, "no such file")
        self.refused(self.run_view(self.lines(), "none/rows.csv"), 1, "cannot be made")

    def test_ctrl_c_leaves_nothing(self):
        for out in ("rows.ndjson", "rows.parquet"):
            with self.subTest(out):
                pipe = self.directory / "endless.ndjson"
                os.mkfifo(pipe)
                process = subprocess.Popen([binary(), "view", "run", self.view, "--in", pipe, "--out", self.directory / out],
                                           stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
                line = (json.dumps(PATIENTS[0]) + "\n").encode()
                with open(pipe, "wb", buffering=0) as feed:
                    feed.write(line * 20000)
                    deadline = time.monotonic() + 60
                    while not any(path.name.startswith("rows") for path in self.directory.iterdir()) and time.monotonic() < deadline:
                        time.sleep(0.02)
                    process.send_signal(signal.SIGINT)
                    try:
                        while time.monotonic() < deadline:
                            feed.write(line * 20000)
                    except BrokenPipeError:
                        pass
                stdout, stderr = process.communicate(timeout=60)
                self.refused(subprocess.CompletedProcess([], process.returncode, stdout, stderr), 1, "stopped; nothing is written")
                pipe.unlink()

    def test_the_suites_report(self):
        tests = self.directory / "tests"
        tests.mkdir()
        case = {"title": "t", "resources": PATIENTS, "tests": [{"title": "right", "view": VIEW, "expect": ROWS},
                                                               {"title": "wrong", "view": VIEW, "expect": ROWS[:1]}]}
        (tests / "t.json").write_text(json.dumps(case))
        report = self.directory / "test_report.json"
        done = run("view", "suite", tests, "--out", report)
        self.assertEqual(done.returncode, 1)
        self.assertIn("1 of 2 pass", done.stdout)
        self.assertIn("t.json: wrong:", done.stdout)
        results = json.loads(report.read_text())["t.json"]["tests"]
        self.assertEqual([one["result"]["passed"] for one in results], [True, False])
        official = Path(os.environ.get("XINGLIN_DATA", ROOT.parent / "shared" / "data")) / "sql-on-fhir" / "tests"
        if not official.is_dir():
            self.skipTest(f"no data at {official}")
        done = run("view", "suite", official, "--out", report)
        self.assertEqual(done.returncode, 0, done.stdout)
        written = json.loads(report.read_text())
        for file in official.glob("*.json"):
            wanted = [one["title"] for one in json.loads(file.read_text())["tests"]]
            self.assertEqual([one["name"] for one in written[file.name]["tests"]], wanted)
            self.assertTrue(all(one["result"] == {"passed": True} for one in written[file.name]["tests"]))


if __name__ == "__main__":
    unittest.main()
