"""Ctrl-C: a load stops between transactions, says what is in, and goes on where it stopped; the server ends what it began.

Run: python3 -m unittest -v tests/faults/stop_test.py
"""
import json
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "support"))
from server import Server, binary, run  # noqa: E402


class Stop(unittest.TestCase):
    def test_a_load_stops_and_goes_on(self):
        with tempfile.TemporaryDirectory(prefix="xinglin-stop-") as directory:
            files, data = Path(directory) / "files", Path(directory) / "data"
            files.mkdir()
            for i in range(400):
                entries = [{"fullUrl": f"urn:uuid:{i}-{k}", "resource": {"resourceType": "Patient", "name": [{"text": f"{i}-{k}"}]},
                            "request": {"method": "POST", "url": "Patient"}} for k in range(30)]
                (files / f"{i:03}.json").write_text(json.dumps({"resourceType": "Bundle", "type": "transaction", "entry": entries}))
            loading = subprocess.Popen([binary(), "--data", data, "--json", "load", files], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            while not any(data.glob("*")):
                time.sleep(0.01)
            time.sleep(0.5)
            loading.send_signal(signal.SIGINT)
            out, errors = loading.communicate(timeout=60)
            report = json.loads(out)
            exported = json.loads(run("--json", "export", "-o", files.parent / "out", "--type", "Patient", data=data, check=True).stdout)
            patients = exported["resources"].get("Patient", 0)
            self.assertEqual(report["written"].get("Patient", 0), patients)
            self.assertEqual(report["loaded"] * 30, patients)  # whole bundles
            if report["stopped"]:  # else it was done before the signal came
                self.assertEqual(loading.returncode, 1)
                self.assertEqual(report["loaded"] + report["left"], 400)
                self.assertIn("again", errors.decode())
            rest = json.loads(run("--json", "load", files, data=data, check=True).stdout)
            self.assertEqual(rest["skipped"], report["loaded"])
            self.assertEqual(rest["loaded"], 400 - report["loaded"])
            exported = json.loads(run("--json", "export", "-o", files.parent / "rest", "--type", "Patient", data=data, check=True).stdout)
            self.assertEqual(exported["resources"], {"Patient": 400 * 30})

    def test_a_load_that_was_killed_and_begun_again_writes_nothing_twice(self):
        with tempfile.TemporaryDirectory(prefix="xinglin-stop-") as directory:
            file, data = Path(directory) / "people.ndjson", Path(directory) / "data"
            file.write_text("".join(json.dumps({"resourceType": "Patient", "name": [{"text": str(i)}]}) + "\n" for i in range(20000)))
            loading = subprocess.Popen([binary(), "--data", data, "load", file], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(0.8)
            loading.kill()
            loading.wait(30)
            run("load", file, data=data, check=True)
            exported = json.loads(run("--json", "export", "-o", Path(directory) / "out", "--type", "Patient", data=data, check=True).stdout)
            self.assertEqual(exported["resources"], {"Patient": 20000})

    def test_the_server_answers_what_it_began_and_ends_with_0(self):
        with Server() as server:
            answers = []

            def write():
                connection = server.connect()
                for i in range(100000):
                    try:
                        answer = server.request("PUT", f"/fhir/Patient/p{i}", {"resourceType": "Patient", "id": f"p{i}"}, connection=connection)
                    except OSError:
                        return
                    except Exception:  # noqa: BLE001 the connection was closed between two requests
                        return
                    answers.append(answer.status)
            writer = threading.Thread(target=write)
            writer.start()
            while len(answers) < 20:
                time.sleep(0.01)
            self.assertEqual(server.stop(signal.SIGINT), 0)
            writer.join(30)
            self.assertEqual(set(answers), {201})
            server.start()
            self.assertGreaterEqual(server.request("GET", "/api/status").json()["counts"]["Patient"], len(answers))

    def test_a_taken_port(self):
        with Server() as server, tempfile.TemporaryDirectory() as directory:
            done = run("serve", "--port", server.port, data=Path(directory) / "data")
            self.assertEqual(done.returncode, 1)
            self.assertIn(str(server.port), done.stderr)
            self.assertIn("--port", done.stderr)


if __name__ == "__main__":
    unittest.main()
