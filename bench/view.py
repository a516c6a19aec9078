"""Views: rows a second of one core, against the JavaScript way and against merely parsing the bytes.

A view of 9 columns over Observations, of Synthea and generated, 10,000 of each times 1, 10, 100 (`--scales 1,10,100`).
Peer: the reference engine's way of working (each column a compiled function of npm fhirpath), compilations kept. Limit:
simdjson parsing and counting the same lines, in the same process as ours, alternating. Parsing is inside every time; times
are CPU seconds. Rows of ours and the peer's are compared before anything is timed.
"""
import gzip
import json
import os
import random
import statistics
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BENCH = ROOT / "build" / "release" / "viewdef_bench"
VIEW = ROOT / "bench" / "view_observation.json"
RESOURCES = 10_000
PEER_WANTED, LIMIT_WANTED = 25, 2.5
ROUNDS = {1: (9, 4), 10: (7, 2), 100: (3, 1)}  # ours, the peer's


def synthea():
    """The first Observations of the bundles, their references as they are once kept (Type/id)."""
    data = Path(os.environ.get("XINGLIN_DATA", ROOT.parent / "shared" / "data")) / "synthea" / "r4"
    lines = []
    for file in sorted(data.glob("*.json.gz")):
        entries = json.loads(gzip.decompress(file.read_bytes()))["entry"]
        kept = {entry["fullUrl"]: f"{entry['resource']['resourceType']}/{entry['resource']['id']}" for entry in entries}
        for entry in entries:
            if entry["resource"]["resourceType"] != "Observation":
                continue
            resource = entry["resource"]
            for name in ("subject", "encounter"):
                if name in resource:
                    resource[name]["reference"] = kept[resource[name]["reference"]]
            lines.append(json.dumps(resource, separators=(",", ":"), ensure_ascii=False))
            if len(lines) == RESOURCES:
                return lines
    return lines


def generated():
    """Observations of every shape: several codings, components, texts, absences, Chinese."""
    chance = random.Random(9)
    lines = []
    for i in range(RESOURCES):
        codings = [{"system": chance.choice(["http://loinc.org", "urn:oid:1.2.156", "http://snomed.info/sct"]), "code": f"{chance.randrange(9999)}-{n}",
                    "display": chance.choice(["收缩压", "Body weight", "空腹血糖"])} for n in range(chance.randrange(4))]
        resource = {"resourceType": "Observation", "id": f"g{i}", "meta": {"versionId": "1", "lastUpdated": "2023-05-01T08:30:00.000+08:00"},
                    "status": chance.choice(["final", "amended"]), "code": {"coding": codings, "text": "x" * chance.randrange(60)}}
        if chance.random() < 0.9:
            resource["subject"] = {"reference": f"Patient/p{chance.randrange(900)}", "display": "王小明"}
        if chance.random() < 0.5:
            resource["encounter"] = {"reference": f"http://example.org/fhir/Encounter/e{i}"}
        resource.update(chance.choice([{"effectiveDateTime": f"2023-0{chance.randrange(1, 10)}"}, {"effectivePeriod": {"start": "2023-01-01"}}, {}]))
        resource.update(chance.choice([{"valueQuantity": {"value": round(chance.random() * 300, 2), "unit": "mmHg", "system": "http://unitsofmeasure.org", "code": "mm[Hg]"}},
                                       {"valueString": "阳性\n\"+\""}, {"valueCodeableConcept": {"text": "阴性"}}, {}]))
        if chance.random() < 0.2:
            resource["component"] = [{"code": {"coding": codings}, "valueQuantity": {"value": n, "unit": "mmHg"}} for n in range(chance.randrange(1, 4))]
        lines.append(json.dumps(resource, separators=(",", ":"), ensure_ascii=False))
    return lines


def ours(file, rounds, rows):
    done = subprocess.run([BENCH, VIEW, file, str(rounds), rows], check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def peer(modules, file, rounds, rows):
    node = ROOT / ".cache" / "node" / "bin" / "node"
    done = subprocess.run([node if node.exists() else "node", "--max-old-space-size=4096", ROOT / "bench" / "view_peer.mjs", modules, VIEW, file, str(rounds), rows],
                          check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def compare(a, b):
    """Both files of rows have the same; numbers by value, for JavaScript has no decimals."""
    with open(a) as left, open(b) as right:
        for number, (one, other) in enumerate(zip(left, right, strict=True), 1):
            if json.loads(one) != json.loads(other):
                raise SystemExit(f"wrong answer: row {number}: ours {one} the peer's {other}")


def spread(values):
    return f"{min(values):.3f}..{max(values):.3f}"


def run(scales):
    peers = subprocess.run([ROOT / "tools" / "fetch-peers"], check=True, capture_output=True, text=True).stdout.strip()
    modules = Path(peers) / "node_modules"
    results = []
    sets = {"synthea": synthea(), "generated": generated()}
    header = ["documents", "size", "MiB", "rows/s", "peer rows/s", "x peer", "x limit", "ours s", "limit s", "peer s", "ours MiB", "peer MiB"]
    with tempfile.TemporaryDirectory(prefix="xinglin-bench-", dir=ROOT / "build") as place:
        place = Path(place)
        for name, lines in sets.items():
            if not lines:
                print(f"SKIPPED: bench view: no data of {name} (set XINGLIN_DATA)", flush=True)
                continue
            file = place / "lines.ndjson"
            file.write_text("\n".join(lines) + "\n")
            ours(file, 1, place / "ours.ndjson")
            peer(modules, file, 1, place / "peer.ndjson")
            compare(place / "ours.ndjson", place / "peer.ndjson")
            print(f"{name}: {len(lines)} rows equal the peer's", flush=True)
        print("  ".join(f"{one:>14}" for one in header), flush=True)
        for scale in scales:
            for name, lines in sets.items():
                if not lines:
                    continue
                file = place / "lines.ndjson"
                with open(file, "w") as out:
                    for _ in range(scale):
                        out.write("\n".join(lines) + "\n")
                rounds = ROUNDS.get(scale, (3, 1))
                mine = ours(file, rounds[0], place / "ours.ndjson")
                theirs = peer(modules, file, rounds[1], place / "peer.ndjson")
                count = len(lines) * scale
                ours_s, limit_s, peer_s = (statistics.median(times) for times in (mine["ours"], mine["limit"], theirs["seconds"]))
                row = {"documents": name, "scale": scale, "resources": count, "rows_s": count / ours_s, "peer_rows_s": count / peer_s,
                       "times_peer": peer_s / ours_s, "times_limit": ours_s / limit_s, "ours_s": mine["ours"], "limit_s": mine["limit"],
                       "peer_s": theirs["seconds"], "peak_mib": mine["peak_kib"] / 1024, "peer_peak_mib": theirs["peak_kib"] / 1024}
                results.append(row)
                shown = [name, f"{scale}x", f"{mine['bytes'] / 2**20:.1f}", f"{row['rows_s']:,.0f}", f"{row['peer_rows_s']:,.0f}", f"{row['times_peer']:.1f}",
                         f"{row['times_limit']:.2f}", spread(mine["ours"]), spread(mine["limit"]), spread(theirs["seconds"]),
                         f"{row['peak_mib']:.0f}", f"{row['peer_peak_mib']:.0f}"]
                print("  ".join(f"{one:>14}" for one in shown), flush=True)
    print(f"to reach: {PEER_WANTED}x the peer, at most {LIMIT_WANTED}x the limit", flush=True)
    return results
