"""The program is killed (kill -9) at random moments while four clients load Bundles over HTTP. Afterwards every Bundle that
was acknowledged is there whole, no other is there in part, and the figures agree with the records.

XINGLIN_KILL_ROUNDS kills (default 100), XINGLIN_KILL_SEED to repeat a run.
Run: python3 -m unittest -v tests/faults/kill_test.py
"""
import json
import os
import random
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "support"))
from server import Server, run  # noqa: E402

ROUNDS = int(os.environ.get("XINGLIN_KILL_ROUNDS", "100"))
SEED = int(os.environ.get("XINGLIN_KILL_SEED", str(random.SystemRandom().randrange(1 << 30))))
CLIENTS = 4
LOAD_S = (0.02, 0.6)  # a round is killed within this time after its clients began

ORGANIZATIONS = {"resourceType": "Bundle", "type": "transaction", "entry": [
    {"resource": {"resourceType": "Organization", "id": org, "name": name, **({"partOf": {"reference": "Organization/bureau"}} if org != "bureau" else {})},
     "request": {"method": "PUT", "url": f"Organization/{org}"}} for org, name in (("bureau", "县卫生健康局"), ("hospital", "县医院"))]}


def bundle(name):
    """A person, what was measured, and a form, which yields records of its own: they stand or fall together."""
    def entry(resource):
        return {"resource": resource, "request": {"method": "PUT", "url": f"{resource['resourceType']}/{resource['id']}"}}
    person = {"reference": f"Patient/{name}"}
    form = {"resourceType": "QuestionnaireResponse", "id": f"{name}-f", "status": "completed", "subject": person,
            "questionnaire": "urn:xinglin:form:inpatient_stay|1", "authored": "2023-05-02T08:00:00+08:00",
            "extension": [{"url": "urn:xinglin:organization", "valueReference": {"reference": "Organization/hospital"}}],
            "item": [{"linkId": "admission_no", "answer": [{"valueString": name}]},
                     {"linkId": "admitted_on", "answer": [{"valueDate": "2023-05-01"}]},
                     {"linkId": "admission_diagnosis", "answer": [{"valueString": "肺炎"}]},
                     {"linkId": "discharged_on", "answer": [{"valueDate": "2023-05-08"}]},
                     {"linkId": "diagnosis", "answer": [{"valueString": "肺炎"}]},
                     {"linkId": "left_how", "answer": [{"valueCoding": {"system": "urn:xinglin:form:inpatient_stay:left_how", "code": "on_order"}}]}]}
    resources = [{"resourceType": "Patient", "id": name, "name": [{"text": name}], "managingOrganization": {"reference": "Organization/hospital"}}, form]
    resources += [{"resourceType": "Observation", "id": f"{name}-o{i}", "status": "final", "code": {"text": "weight"}, "subject": person,
                   "valueQuantity": {"value": 60 + i, "unit": "kg"}} for i in range(3)]
    return {"resourceType": "Bundle", "type": "transaction", "entry": [entry(r) for r in resources]}


def members(name):
    """What a Bundle leaves in the store; the last ones are made by the form."""
    return [f"Patient/{name}", f"QuestionnaireResponse/{name}-f", *(f"Observation/{name}-o{i}" for i in range(3)),
            f"Encounter/{name}-f-stay", f"Condition/{name}-f-diagnosis"]


class Client(threading.Thread):
    def __init__(self, server, prefix):
        super().__init__(daemon=True)
        self.server, self.prefix = server, prefix
        self.acknowledged, self.unknown, self.wrong = [], [], []

    def run(self):
        connection = self.server.connect(timeout=30)
        for n in range(100000):
            name = f"{self.prefix}-{n}"
            try:
                answer = self.server.request("POST", "/fhir", bundle(name), connection=connection)
            except OSError:
                self.unknown.append(name)  # killed: it may be in or not
                return
            except Exception:  # noqa: BLE001 http.client raises its own when the connection ends within an answer
                self.unknown.append(name)
                return
            if answer.status != 200:
                self.wrong.append(f"{name}: {answer.status} {answer.body[:300]}")
                return
            self.acknowledged.append(name)


class Kill(unittest.TestCase):
    def present(self, server, connection, name):
        """Which of its members are there, asked in one batch."""
        ask = {"resourceType": "Bundle", "type": "batch",
               "entry": [{"request": {"method": "GET", "url": member}} for member in members(name)]}
        answer = server.request("POST", "/fhir", ask, connection=connection)
        self.assertEqual(answer.status, 200, answer.body[:500])
        return [member for member, entry in zip(members(name), answer.json()["entry"]) if entry["response"]["status"].startswith("200")]

    def check(self, server, clients):
        connection = server.connect()
        for client in clients:
            self.assertEqual(client.wrong, [])
            for name in client.acknowledged:
                self.assertEqual(self.present(server, connection, name), members(name), f"{name} was acknowledged, seed {SEED}")
            for name in client.unknown:
                found = self.present(server, connection, name)
                self.assertIn(found, ([], members(name)), f"{name} is there in part, seed {SEED}")
                self.in_doubt += 1
                self.came_in += bool(found)
        self.acknowledged += sum(len(client.acknowledged) for client in clients)

    def test_what_was_acknowledged_is_there_whole_and_nothing_in_part(self):
        chance = random.Random(SEED)
        self.acknowledged = self.in_doubt = self.came_in = 0
        clients = []
        with tempfile.TemporaryDirectory(prefix="xinglin-kill-") as directory:
            data = Path(directory) / "data"
            for number in range(ROUNDS + 1):
                server = Server(data)
                server.start()
                try:
                    if number == 0:
                        self.assertEqual(server.request("POST", "/fhir", ORGANIZATIONS).status, 200)
                    self.check(server, clients)
                    if number == ROUNDS:
                        server.wait_until_fresh()
                        self.assertEqual(server.stop(), 0)
                        break
                    clients = [Client(server, f"k{number}-{i}") for i in range(CLIENTS)]
                    for client in clients:
                        client.start()
                    time.sleep(chance.uniform(*LOAD_S))
                finally:
                    if server.process:
                        server.kill()
                for client in clients:
                    client.join(30)
                    self.assertFalse(client.is_alive(), "a client hangs")
            self.assertGreater(self.acknowledged, ROUNDS, "the rounds were too short to acknowledge anything")
            verified = run("verify", data=data)
            self.assertEqual(verified.returncode, 0, verified.stdout + verified.stderr)
            shown = json.loads(run("--json", "indicators", "hospital_ops.discharges", "--org", "bureau", "--period", "2023-05", data=data, check=True).stdout)
            self.assertEqual(shown["indicators"][0]["value"], str(self.acknowledged + self.came_in))
        print(f"{ROUNDS} kills, {self.acknowledged} Bundles acknowledged and whole, {self.in_doubt} in doubt of which "
              f"{self.came_in} had come in whole; seed {SEED}")


if __name__ == "__main__":
    unittest.main()
