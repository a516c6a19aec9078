"""What the CapabilityStatement says is true: every search parameter it lists is answered, every interaction it lists is there.

Run: python3 -m unittest -v tests/api/capabilities_test.py
"""
import sys
import unittest
from pathlib import Path
from urllib.parse import quote

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "support"))
from server import Server  # noqa: E402

VALUES = {"number": "1", "date": "2020-01-01", "string": "a", "token": "a", "reference": "x", "quantity": "1", "uri": "urn:a"}


class Capabilities(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.server.start()
        cls.rest = cls.server.request("GET", "/fhir/metadata").json()["rest"][0]
        cls.connection = cls.server.connect()

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()

    def test_all_146_types(self):
        self.assertEqual(len(self.rest["resource"]), 146)

    def test_every_search_parameter_is_answered(self):
        asked, refused = 0, []
        for resource in self.rest["resource"]:
            for parameter in resource["searchParam"]:
                value = VALUES.get(parameter["type"])
                if value is None:
                    continue  # composites: test_composites
                asked += 1
                answer = self.server.request("GET", f"/fhir/{resource['type']}?{parameter['name']}={quote(value)}", connection=self.connection)
                if answer.status != 200:
                    refused.append(f"{resource['type']}?{parameter['name']} ({parameter['type']}): {answer.status} {answer.text[:300]}")
        self.assertEqual(refused, [])
        self.assertGreater(asked, 1500)

    def test_composites(self):
        answer = self.server.request("GET", "/fhir/Observation?code-value-quantity=http://loinc.org%7C8480-6$gt120")
        self.assertEqual(answer.status, 200, answer.text)

    def test_every_interaction_is_there(self):
        """None answers that there is no such method or path; what is wrong is the resource that is not there."""
        paths = {"read": ("GET", "/x"), "vread": ("GET", "/x/_history/1"), "update": ("PUT", "/x"), "delete": ("DELETE", "/x"),
                 "history-instance": ("GET", "/x/_history"), "history-type": ("GET", "/_history"), "create": ("POST", ""),
                 "search-type": ("GET", "")}
        for resource in self.rest["resource"]:
            listed = {interaction["code"] for interaction in resource["interaction"]}
            self.assertEqual(listed, set(paths))
        for code, (method, path) in paths.items():
            with self.subTest(code=code):
                answer = self.server.request(method, f"/fhir/Basic{path}", {} if method in ("PUT", "POST") else None)
                self.assertNotIn(answer.status, (405, 501))


if __name__ == "__main__":
    unittest.main()
