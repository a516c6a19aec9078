"""All Synthea bundles go in through `xinglin load`, none is lost, and each resource reads back as it was sent, but for meta,
the assigned id and the references that were rewritten. Decimals are compared as they were written.

Needs the data set `synthea` under XINGLIN_DATA. Run: python3 -m unittest -v tests/conformance/synthea_test.py
"""
import collections
import gzip
import hashlib
import json
import os
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "support"))
from server import exact, run  # noqa: E402

DATA = Path(os.environ.get("XINGLIN_DATA") or ROOT.parent / "shared" / "data") / "synthea" / "r4"


def canonical(value):
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def rename(value, names):
    """The same value with every text that names another resource replaced by that resource's fingerprint."""
    if isinstance(value, str):
        return names.get(value, value)
    if isinstance(value, list):
        return [rename(v, names) for v in value]
    if isinstance(value, dict):
        return {k: rename(v, names) for k, v in value.items()}
    return value


def blank(value, names):
    """The same value without the texts that name other resources."""
    if isinstance(value, str):
        return "" if value in names else value
    if isinstance(value, list):
        return [blank(v, names) for v in value]
    if isinstance(value, dict):
        return {k: blank(v, names) for k, v in value.items()}
    return value


def without_server_fields(resource):
    return {k: v for k, v in resource.items() if k not in ("id", "meta")}


def fingerprints(resources, names_of):
    """Resources with references by content, as a bag: {(type, digest): how many}. `names_of` gives the texts by which a resource is named."""
    bag = collections.Counter()
    known = {name for resource, own in resources for name in names_of(resource, own)}
    content = {}
    for resource, own in resources:
        digest = hashlib.sha256(canonical(blank(without_server_fields(resource), known)).encode()).hexdigest()
        for name in names_of(resource, own):
            content[name] = "→" + digest
    for resource, _ in resources:
        text = canonical(rename(without_server_fields(resource), content))
        bag[(resource["resourceType"], hashlib.sha256(text.encode()).hexdigest())] += 1
    return bag


@unittest.skipUnless(DATA.is_dir(), f"SKIPPED: no Synthea bundles at {DATA} (set XINGLIN_DATA)")
class Synthea(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.TemporaryDirectory(prefix="xinglin-synthea-")
        cls.data = Path(cls.directory.name) / "data"
        cls.files = sorted(DATA.glob("*.json.gz"))
        cls.first = run("--json", "load", DATA, data=cls.data, timeout=1200)
        cls.bundles = [exact(gzip.open(path, "rt", encoding="utf-8").read()) for path in cls.files]

    @classmethod
    def tearDownClass(cls):
        cls.directory.cleanup()

    def test_1_all_files_load_and_none_is_lost(self):
        self.assertEqual(self.first.returncode, 0, self.first.stderr[-3000:])
        report = json.loads(self.first.stdout)
        self.assertGreater(len(self.files), 100)
        self.assertEqual((report["files"], report["loaded"], report["refused"]), (len(self.files), len(self.files), 0))
        sent = collections.Counter(entry["resource"]["resourceType"] for bundle in self.bundles for entry in bundle["entry"])
        self.assertEqual(report["written"], dict(sent))

    def test_2_a_second_load_skips_them(self):
        again = run("--json", "load", DATA, data=self.data, timeout=1200, check=True)
        report = json.loads(again.stdout)
        self.assertEqual((report["skipped"], report["loaded"], report["written"]), (len(self.files), 0, {}))

    def test_3_each_resource_reads_back_as_sent(self):
        out = Path(self.directory.name) / "out"
        run("export", "-o", out, data=self.data, timeout=1200, check=True)
        sent_types = {entry["resource"]["resourceType"] for bundle in self.bundles for entry in bundle["entry"]}
        kept = []
        for path in sorted(out.glob("*.ndjson")):
            if path.stem in sent_types:
                kept += [(exact(line), None) for line in path.read_text(encoding="utf-8").splitlines()]
        sent = [(entry["resource"], entry.get("fullUrl")) for bundle in self.bundles for entry in bundle["entry"]]
        self.assertEqual(len(kept), len(sent))
        # Many bundles bring the same Organization under the same fullUrl; all copies have the same content.
        sent_bag = fingerprints(sent, lambda resource, full_url: [full_url])
        kept_bag = fingerprints(kept, lambda resource, _: [f"{resource['resourceType']}/{resource['id']}"])
        lost, made_up = sent_bag - kept_bag, kept_bag - sent_bag
        self.assertEqual((sum(lost.values()), sum(made_up.values())), (0, 0),
                         f"{len(lost)} kinds of resource did not come back as sent: {collections.Counter(t for t, _ in lost)}")

    def test_4_the_comparison_sees_a_lost_digit(self):
        one = [({"resourceType": "Observation", "valueQuantity": {"value": "1.50"}}, "urn:uuid:1")]
        other = [({"resourceType": "Observation", "valueQuantity": {"value": "1.5"}}, "urn:uuid:1")]
        self.assertNotEqual(fingerprints(one, lambda r, u: [u]), fingerprints(other, lambda r, u: [u]))


if __name__ == "__main__":
    unittest.main()
