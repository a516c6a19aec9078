"""FHIRPath: evaluations a second of one core, ours and HL7's fhirpath.js compiled with the R4 model, in the same run.

Ten common expressions over the same documents (made ones, and Synthea's where the data sets are there). Both engines'
answers are compared first, values and types. Then, in turns, each engine's best of many short batches: the ratio, and its
spread over the rounds. Beside plain paths stands the limit: the same values found by hand in simdjson's tree. Then the
same at 1, 10 and 100 times the documents, with the peak of memory, and the time of all R4 search values of a resource.
"""
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests" / "conformance"), str(ROOT / "tests" / "support")]
BENCH = ROOT / "build" / "release" / "fhirpath_bench"
DATA = Path(os.environ.get("XINGLIN_DATA", ROOT.parent / "shared" / "data")) / "synthea" / "r4"
ROUNDS = 3
TYPES = ("Patient", "Observation")
EACH = 40  # documents of a type, of each origin
CASES = [
    ("path", "Patient", "name.given"),
    ("where", "Patient", "name.where(use = 'official').family"),
    ("exists", "Patient", "telecom.where(system = 'phone' and use = 'home').exists()"),
    ("extension", "Patient", "extension('http://hl7.org/fhir/us/core/StructureDefinition/us-core-race').extension('ombCategory').value.code"),
    ("choice", "Observation", "value.ofType(Quantity).value"),
    ("date", "Patient", "birthDate <= @2023-12-31 - 65 years"),
    ("reference", "Observation", "subject.where(reference.startsWith('Patient/') or type = 'Patient').reference"),
    ("join", "Patient", "name.where(use = 'official').select(given.join(' ') & ' ' & family)"),
    ("coding", "Observation", "code.coding.where(system = 'http://loinc.org').code.first()"),
    ("criteria", "Observation",
     "component.where(code.coding.exists(system = 'http://loinc.org' and code = '8480-6')).value.ofType(Quantity) >= 120 'mm[Hg]'"),
]


def documents():
    import fhirpath_generator as generator
    import fhirpath_peer_test as peer_test

    rng = random.Random(5)
    made = generator.Documents(generator.Model(peer_test.DEFINITIONS), rng)
    out = [made.make(kind) for kind in TYPES for _ in range(EACH)]
    if DATA.is_dir():
        import gzip

        left = dict.fromkeys(TYPES, EACH)
        for file in sorted(DATA.glob("*.json.gz")):
            for entry in json.loads(gzip.decompress(file.read_bytes()))["entry"]:
                kind = entry["resource"]["resourceType"]
                if left.get(kind, 0) > 0:
                    left[kind] -= 1
                    out.append(entry["resource"])
            if not any(left.values()):
                break
    else:
        print("without Synthea's documents: set XINGLIN_DATA", file=sys.stderr)
    return out


def check(resources, peers):
    """Refuses to measure when the answers differ."""
    import fhirpath_peer_test as peer_test

    lines, asked = [], []
    for number, resource in enumerate(resources):
        lines.append(json.dumps({"document": str(number), "resource": resource}, ensure_ascii=False))
        for _, kind, expression in CASES:
            if kind == resource["resourceType"]:
                lines.append(json.dumps({"document": str(number), "expression": expression}))
                asked.append(expression)
    mine = peer_test.run([str(peer_test.BATCH)], lines)
    other = peer_test.run(["node", str(ROOT / "tests" / "support" / "fhirpath_peer.cjs"), str(peers)], lines)
    filled = set()
    for expression, a, b in zip(asked, mine, other):
        wrong = peer_test.difference(expression, a, b)
        if wrong:
            raise SystemExit(f"wrong answer: {wrong} of {expression}: {a} and {b}")
        if b.get("result"):
            filled.add(expression)
    empty = [expression for _, _, expression in CASES if expression not in filled]
    if empty and DATA.is_dir():
        raise SystemExit(f"these give nothing over any document: {empty}")
    return len(asked)


def measured(command):
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    if done.returncode != 0:
        raise SystemExit(f"{command[0]} ends with {done.returncode}: {done.stderr[-500:]}")
    return json.loads(done.stdout)


def run(scales):
    import fhirpath_peer_test as peer_test

    peers, reason = peer_test.peers_folder()
    if not peers:
        raise SystemExit(f"bench fhirpath: no peer: {reason}")
    results = {}
    with tempfile.TemporaryDirectory() as folder:
        cases, lines = Path(folder) / "cases.ndjson", Path(folder) / "documents.ndjson"
        resources = documents()
        cases.write_text("".join(json.dumps(dict(zip(("name", "type", "expression"), case))) + "\n" for case in CASES))
        lines.write_text("".join(json.dumps(resource, ensure_ascii=False) + "\n" for resource in resources))
        print(f"{check(resources, peers)} answers agree, over {len(resources)} documents")
        rounds = []
        for _ in range(ROUNDS):
            ours = measured([BENCH, cases, lines, "1"])["cases"]
            rounds.append((ours, measured(["node", ROOT / "bench" / "fhirpath_peer.cjs", peers, cases, lines])))
        print(f"{'':<10} {'ours/s':>12} {'peer/s':>10} {'ratio':>7} {'spread':>13} {'limit/s':>12}   expression")
        for name, _, expression in CASES:
            ratios = sorted(ours[name]["rate"] / peer[name] for ours, peer in rounds)
            mine = statistics.median(ours[name]["rate"] for ours, _ in rounds)
            theirs = statistics.median(peer[name] for _, peer in rounds)
            limit = rounds[0][0][name].get("limit")
            print(f"{name:<10} {mine:>12,.0f} {theirs:>10,.0f} {statistics.median(ratios):>6.0f}x {ratios[0]:>5.0f}x..{ratios[-1]:>4.0f}x "
                  f"{f'{limit:,.0f}' if limit else '':>12}   {expression}")
            results[name] = {"ours": mine, "peer": theirs, "ratio": statistics.median(ratios)}
        whole = sorted(sum(1 / peer[name] for name in peer) / sum(1 / ours[name]["rate"] for name in peer) for ours, peer in rounds)
        results["all"] = {"ratio": statistics.median(whole)}
        print(f"{'all ten':<10} {len(CASES) / sum(1 / results[name]['ours'] for name, _, _ in CASES):>12,.0f} "
              f"{len(CASES) / sum(1 / results[name]['peer'] for name, _, _ in CASES):>10,.0f} {statistics.median(whole):>6.0f}x "
              f"{whole[0]:>5.0f}x..{whole[-1]:>4.0f}x")
        for scale in sorted({*scales, 100}):
            found = measured([BENCH, cases, lines, str(scale)])
            rate = len(CASES) / sum(1 / one["rate"] for one in found["cases"].values())
            print(f"{scale:>3} times the documents: {rate:,.0f} evaluations/s, peak {found['peak_mib']:.0f} MiB")
            results[f"x{scale}"] = {"rate": rate, "peak_mib": found["peak_mib"]}
    if DATA.is_dir():
        found = measured([BENCH, "search", DATA])
        print(f"all R4 search values of a Synthea resource: {found['us_a_resource']:.2f} us beyond the parse "
              f"({found['resources']} resources, {found['evaluations']} evaluations, {found['values']} values)")
        results["search"] = found
    return results


if __name__ == "__main__":
    run([1, 10])
