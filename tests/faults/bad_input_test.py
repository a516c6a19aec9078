"""Bad input: the message names the place and the mend, the exit code says refused (1) or misused (2), nothing is changed.

Run: python3 -m unittest -v tests/faults/bad_input_test.py
"""
import gzip
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "support"))
from server import Server, run  # noqa: E402

CITIZEN_ID = "urn:oid:2.16.156.10011.1.3"


class Files(unittest.TestCase):
    """What `xinglin load` and `xinglin validate` say of files."""

    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory(prefix="xinglin-bad-")
        self.directory = Path(self.temporary.name)
        self.data = self.directory / "data"

    def tearDown(self):
        self.temporary.cleanup()

    def write(self, name, content):
        path = self.directory / name
        path.write_bytes(content if isinstance(content, bytes) else (content if isinstance(content, str) else json.dumps(content)).encode())
        return path

    def refused(self, name, content, *parts, command="load"):
        """Loads the file, which must be refused with all of these in the message and nothing written."""
        path = self.write(name, content)
        done = run(command, path, data=self.data)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        said = done.stdout + done.stderr
        for part in (str(path), *parts):
            self.assertIn(part, said)
        if command == "load":
            exported = run("export", "-o", tempfile.mkdtemp(dir=self.directory), "--type", "Patient", "--type", "Observation", "--json", data=self.data, check=True)
            self.assertEqual(json.loads(exported.stdout)["resources"], {})
        return said

    def patient(self, **more):
        return {"resourceType": "Patient", "id": "p", **more}

    def test_broken_json(self):
        self.refused("broken.json", '{"resourceType": "Patient",\n "active": tru}', "broken.json:2:", "error:")

    def test_broken_json_in_a_line(self):
        path = self.write("lines.ndjson", '{"resourceType":"Patient","id":"a"}\n\n{"resourceType":"Patient","id":\n')
        done = run("load", path, data=self.data)
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"{path}:3", done.stderr)
        self.assertIn("1 resources written", done.stdout)  # the good line is in

    def test_wrong_type(self):
        self.refused("wrong.json", self.patient(birthDate=1980), "wrong.json:1", "Patient.birthDate")
        self.refused("wrong.json", self.patient(birthDate=1980), "wrong.json:1", "Patient.birthDate", command="validate")

    def test_unknown_element(self):
        self.refused("unknown.json", '{"resourceType": "Patient",\n "id": "p",\n "birthdate": "1980-01-01"}', "unknown.json:3", "birthDate", "[at Patient]")
        self.refused("unknown.json", self.patient(birthdate="1980-01-01"), "birthDate", command="validate")

    def test_no_resource(self):
        self.refused("other.json", {"name": "not a resource"}, "resourceType")
        self.refused("type.json", {"resourceType": "Pacient"}, "Pacient")

    def test_citizen_id_checksum(self):
        bad = self.patient(identifier=[{"system": CITIZEN_ID, "value": "110101199003074515"}])
        self.refused("citizen.json", bad, "citizen.json:1", "GB 11643", "Patient.identifier[0].value")
        # Other identifier systems are left alone.
        good = self.write("other.json", self.patient(identifier=[{"system": "http://example.org/ssn", "value": "110101199003074515"}]))
        self.assertEqual(run("load", good, data=self.data).returncode, 0)

    def test_future_birth_date(self):
        self.refused("future.json", self.patient(birthDate="2999-01-01"), "future.json:1", "future")

    def test_dangling_reference(self):
        said = self.refused("dangling.json", {"resourceType": "Observation", "id": "o", "status": "final", "code": {"text": "x"},
                                              "subject": {"reference": "Patient/ghost"}}, "Patient/ghost", "Observation.subject")
        self.assertIn("dangling", said)

    def test_one_bad_entry_refuses_its_transaction_whole_and_names_it(self):
        bundle = '{"resourceType": "Bundle", "type": "transaction", "entry": [\n' \
                 '{"resource": {"resourceType": "Patient", "id": "a"}, "request": {"method": "PUT", "url": "Patient/a"}},\n' \
                 '{"resource": {"resourceType": "Patient", "id": "b",\n "gendre": "male"}, "request": {"method": "PUT", "url": "Patient/b"}}]}'
        self.refused("bundle.json", bundle, "bundle.json:4", "[at Bundle.entry[1].resource]", "gender")

    def test_damaged_gzip(self):
        whole = gzip.compress(json.dumps(self.patient()).encode())
        self.refused("cut.json.gz", whole[:-6], "cut.json.gz")

    def test_missing_file(self):
        done = run("load", self.directory / "none.json", data=self.data)
        self.assertEqual(done.returncode, 1)
        self.assertIn("none.json", done.stderr)
        self.assertFalse(self.data.exists(), "a data directory was made for nothing")

    def test_directory_without_files(self):
        empty = self.directory / "empty"
        empty.mkdir()
        (empty / "notes.txt").write_text("nothing of ours")
        for command in (("load",), ("validate",)):
            done = run(*command, empty, data=self.data)
            self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
            self.assertIn(str(empty), done.stderr)
            self.assertIn("*.ndjson", done.stderr)
        self.assertFalse(self.data.exists(), "a data directory was made for nothing")

    def test_files_that_refer_to_each_other_load_in_any_order(self):
        """The order rule: what refers to something that comes later waits for it; circles go in together."""
        self.write("1.json", {"resourceType": "Encounter", "id": "e", "status": "finished", "class": {"code": "IMP"},
                              "subject": {"reference": "Patient/p"}, "diagnosis": [{"condition": {"reference": "Condition/c"}}]})
        self.write("2.json", {"resourceType": "Condition", "id": "c", "subject": {"reference": "Patient/p"}, "encounter": {"reference": "Encounter/e"}})
        self.write("3.ndjson", '{"resourceType":"Patient","id":"p"}\n')
        done = run("load", self.directory, data=self.data)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("3 resources written", done.stdout)

    def test_an_export_goes_into_a_directory_without_another(self):
        self.write("p.ndjson", '{"resourceType":"Patient","id":"p"}\n')
        run("load", self.directory, data=self.data, check=True)
        out = self.directory / "exported"
        run("export", "-o", out, "--type", "Patient", data=self.data, check=True)
        before = (out / "Patient.ndjson").read_bytes()
        for options in ([], ["--gzip"], ["--as-of", "1:0"]):
            done = run("export", "-o", out, *options, data=self.data)
            self.assertEqual(done.returncode, 1)
            self.assertIn("Patient.ndjson", done.stderr)
            self.assertIn("empty", done.stderr)
        self.assertEqual([path.name for path in out.iterdir()], ["Patient.ndjson"])
        self.assertEqual((out / "Patient.ndjson").read_bytes(), before)

    def test_a_type_that_is_none_is_not_exported(self):
        self.write("p.ndjson", '{"resourceType":"Patient","id":"p"}\n')
        run("load", self.directory, data=self.data, check=True)
        done = run("export", "-o", self.directory / "exported", "--type", "Patiant", data=self.data)
        self.assertEqual(done.returncode, 1)
        self.assertIn("did you mean Patient?", done.stderr)


class Usage(unittest.TestCase):
    def test_exit_code_2_and_help(self):
        for arguments in ([], ["fly"], ["load"], ["indicators"], ["serve", "--port", "70000"], ["export"]):
            with self.subTest(arguments=arguments):
                done = run(*arguments)
                self.assertEqual(done.returncode, 2)
                self.assertIn("--help", done.stderr)
        self.assertEqual(run("--help").returncode, 0)

    def test_errors_are_json_where_asked(self):
        done = run("--json", "export", "-o", "/nowhere", data="/nonexistent/xinglin")
        self.assertEqual(done.returncode, 1)
        self.assertEqual(json.loads(done.stdout)["resourceType"], "OperationOutcome")

    def test_a_period_that_is_none(self):
        with tempfile.TemporaryDirectory() as directory:
            done = run("indicators", "--period", "2023Q5", "--org", "x", data=Path(directory) / "data")
            self.assertEqual(done.returncode, 1)
            self.assertIn("2023Q5", done.stderr)


class Programs(unittest.TestCase):
    """What `xinglin check` says of programs that were changed for the worse."""

    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory(prefix="xinglin-programs-")
        self.programs = Path(self.temporary.name) / "programs"
        shutil.copytree(ROOT / "programs", self.programs)

    def tearDown(self):
        self.temporary.cleanup()

    def refused(self, path, *parts):
        done = run("check", self.programs)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        line = next((line for line in done.stdout.splitlines() if path in line and "error" in line), "")
        self.assertTrue(line, done.stdout)
        for part in parts:
            self.assertIn(part, line)

    def test_the_shipped_programs_are_right(self):
        done = run("check", self.programs)
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_unknown_column(self):
        file = self.programs / "hospital_ops/indicators/hospital_ops.discharges.sql"
        text = file.read_text()
        self.assertIn("discharged_on", text)
        file.write_text(text.replace("discharged_on", "dischargd_on"))
        self.refused("hospital_ops/indicators/hospital_ops.discharges.sql:", "dischargd_on", "discharged_on")

    def test_unknown_indicator_in_a_template(self):
        file = next(self.programs.glob("*/documents/*.md"))
        file.write_text(file.read_text() + "\n\n出院{hospital_ops.dischargs}人次。\n")
        lines = len(file.read_text().splitlines())
        self.refused(f"{file.relative_to(self.programs)}:{lines}", "hospital_ops.dischargs", "hospital_ops.discharges")

    def test_unknown_key(self):
        file = self.programs / "publicity/forms/leaflet_distribution.yml"
        file.write_text(file.read_text().replace("happened:", "hapened:"))
        self.refused("publicity/forms/leaflet_distribution.yml:", "hapened", "happened")

    def test_a_broken_program_does_not_take_the_others_down(self):
        file = self.programs / "publicity/forms/leaflet_distribution.yml"
        file.write_text(file.read_text().replace("happened:", "hapened:"))
        with Server(programs=self.programs) as server:
            status = server.request("GET", "/api/status").json()
            loaded = [program["id"] for program in status["programs"]]
            self.assertNotIn("publicity", loaded)
            self.assertIn("hospital_ops", loaded)
            self.assertIn("hapened", json.dumps(status["package_issues"]))

    def test_no_such_directory(self):
        done = run("check", self.programs / "none")
        self.assertEqual(done.returncode, 1)
        self.assertIn("none", done.stderr)


class DataDirectory(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory(prefix="xinglin-data-")
        self.data = Path(self.temporary.name) / "data"

    def tearDown(self):
        self.temporary.cleanup()

    def refused(self, *parts, command=("export", "-o", "/tmp/xinglin-none")):
        done = run(*command, data=self.data)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        for part in parts:
            self.assertIn(part, done.stderr)

    def test_missing(self):
        self.refused(str(self.data), "--data")

    def test_a_new_one_is_said_to_be_new(self):
        """A name mistyped would serve an empty county without a word."""
        done = run("load", ROOT / "tests" / "api" / "cases", data=self.data)
        self.assertIn("nothing to read", done.stderr)
        patient = Path(self.temporary.name) / "p.json"
        patient.write_text('{"resourceType":"Patient","id":"p"}')
        first, second = (run("load", patient, data=self.data) for _ in range(2))
        self.assertIn(f"made a new, empty data directory {self.data}", first.stderr)
        self.assertNotIn("made a new", second.stderr)


    def test_not_a_directory(self):
        self.data.write_text("a file")
        self.refused(str(self.data))

    def records_file(self):
        """The file of the records in a directory that the program has just made."""
        with Server(data=self.data):
            pass
        return next(path for path in self.data.iterdir() if path.suffix in (".sqlite", ".db"))

    def test_damaged(self):
        records = self.records_file()
        records.write_bytes(b"this is no database" * 1000)
        self.refused(str(self.data))
        self.assertEqual(records.read_bytes(), b"this is no database" * 1000)

    def test_unreadable(self):
        records = self.records_file()
        if os.geteuid() == 0:  # whom no permission stops: something stands there that is no file
            records.unlink()
            records.mkdir()
        else:
            records.chmod(0)
        self.refused(str(self.data))

    def test_newer_version(self):
        records = self.records_file()
        before = records.read_bytes()
        connection = sqlite3.connect(records)
        version = connection.execute("pragma user_version").fetchone()[0]
        connection.execute(f"pragma user_version = {version + 1000}")
        connection.commit()
        connection.close()
        changed = records.read_bytes()
        self.assertNotEqual(before, changed)
        self.refused("newer", str(self.data))
        self.assertEqual(records.read_bytes(), changed)

    def test_second_process(self):
        with Server(data=self.data) as server:
            self.refused(str(self.data), "process")
            self.assertEqual(server.request("GET", "/api/status").status, 200)


class Http(unittest.TestCase):
    """What cannot be said as a case of tests/api: bytes on the wire."""

    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.server.start()

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()

    def test_oversized_body(self):
        answer = self.server.request("POST", "/fhir/Patient", b" " * (65 << 20))
        self.assertEqual(answer.status, 413)
        self.assertEqual(answer.json()["issue"][0]["code"], "too-long")

    def test_a_gzip_bomb(self):
        answer = self.server.request("POST", "/fhir/Patient", gzip.compress(b" " * (80 << 20)), {"Content-Encoding": "gzip"})
        self.assertEqual(answer.status, 413)

    def test_gzip_both_ways(self):
        body = json.dumps({"resourceType": "Patient", "name": [{"text": "张" * 2000}]}).encode()
        answer = self.server.request("POST", "/fhir/Patient", gzip.compress(body), {"Content-Encoding": "gzip", "Accept-Encoding": "gzip"})
        self.assertEqual((answer.status, answer.headers["Content-Encoding"]), (201, "gzip"))
        self.assertEqual(json.loads(gzip.decompress(answer.body))["name"][0]["text"], "张" * 2000)

    def test_head_too_large(self):
        self.assertEqual(self.server.request("GET", "/fhir/metadata", headers={"X-Long": "x" * 40000}).status, 431)

    def test_bad_percent_encoding(self):
        for path in ("/fhir/Patient/%", "/fhir/Patient/%f", "/%ff", "/fhir/Patient?name=%zz"):
            with self.subTest(path=path):
                answer = self.server.request("GET", path)
                self.assertEqual(answer.status, 400)
                self.assertEqual(answer.json()["resourceType"], "OperationOutcome")

    def test_no_file_of_this_machine_is_a_page(self):
        for path in ("/../../../../etc/passwd", "/..%2f..%2f..%2fetc/passwd", "/assets/..%2f..%2fetc%2fpasswd"):
            with self.subTest(path=path):
                answer = self.server.request("GET", path)
                self.assertNotIn(b"root:", answer.body)

    def test_too_many_entries(self):
        entry = {"request": {"method": "GET", "url": "Patient/x"}}
        answer = self.server.request("POST", "/fhir", {"resourceType": "Bundle", "type": "batch", "entry": [entry] * 20001})
        self.assertEqual(answer.status, 413)
        self.assertIn("20000", answer.text)

    def test_not_http(self):
        import socket
        with socket.create_connection(("127.0.0.1", self.server.port)) as connection:
            connection.sendall(b"\x16\x03\x01 hello\r\n\r\n")
            self.assertTrue(connection.recv(4096).startswith(b"HTTP/1.1 400"))


if __name__ == "__main__":
    unittest.main()
