"""The path of a record at growing sizes: the hospital's two years times 1, 10, 100.

Each size: records are made (simulate), exported, loaded into an empty directory (resources/s), flattened into an absent
warehouse (rows/s), and reported (ms: the whole command, median of five). Answers are checked at each size: counts by type
after the load equal the export's, every figure equals the totals times the size, and `verify` agrees at size 1.
Peak memory is that of the largest process, from the operating system.
"""
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
XINGLIN = ROOT / "build" / "release" / "xinglin"
TOTALS = ROOT / "sim" / "totals" / "hospital_2023.yml"
COUNTED = {  # figures of 2023 that grow with the size, from the totals
    "hospital_ops.outpatient_visits": 62236,
    "hospital_ops.admissions": 552,
    "hospital_ops.discharges": 547,
    "records.files_created_updated": 20941,
    "immunization.doses": 6856,
    "maternal.managed": 568,
    "child.managed_0_6": 1631,
    "surveillance.hospital_reported_cases": 25,
}


def command(*arguments):
    """Runs xinglin; gives (seconds, peak MiB, what it printed)."""
    started = time.monotonic()
    process = subprocess.Popen([XINGLIN, *map(str, arguments)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = status
    if status != 0:
        raise SystemExit(f"xinglin {' '.join(map(str, arguments))} ended with {status}\n{output}")
    return time.monotonic() - started, usage.ru_maxrss / 1024, output


def lines_of(directory):
    counts = {}
    for file in sorted(Path(directory).glob("*.ndjson")):
        with open(file, "rb") as text:
            counts[file.stem] = sum(1 for _ in text)
    return counts


def size(directory):
    return sum(f.stat().st_size for f in Path(directory).rglob("*") if f.is_file()) / 2**20


def check(condition, message):
    if not condition:
        raise SystemExit(f"wrong answer: {message}")


def figures(data):
    _, _, text = command("--data", data, "--json", "indicators", *COUNTED, "--org", "tcm-hospital", "--period", "2023")
    rows = json.loads(text)
    rows = rows["indicators"] if isinstance(rows, dict) else rows
    return {row.get("indicator") or row.get("id"): row for row in rows}


def run(scales):
    results = []
    header = ["size", "resources", "make/s", "load/s", "load MiB", "rows", "flatten/s", "flatten MiB", "report ms", "report MiB", "disk MiB"]
    print("  ".join(f"{name:>11}" for name in header), flush=True)
    for scale in scales:
        place = Path(tempfile.mkdtemp(prefix="xinglin-bench-", dir=ROOT / "build"))
        try:
            made, _, _ = command("--data", place / "made", "simulate", "--totals", TOTALS, "--scale", scale)
            command("--data", place / "made", "export", "-o", place / "out")
            counts = lines_of(place / "out")
            shutil.rmtree(place / "made")
            load_s, load_mib, _ = command("--data", place / "data", "load", place / "out")
            shutil.rmtree(place / "out")
            command("--data", place / "data", "export", "-o", place / "again")
            check(lines_of(place / "again") == counts, "the load lost or added resources")
            shutil.rmtree(place / "again")
            resources = sum(counts.values())

            for file in (place / "data").glob("warehouse.duckdb*"):
                file.unlink()
            flatten_s, flatten_mib, _ = command("--data", place / "data", "indicators", "hospital_ops.discharges", "--org", "tcm-hospital", "--period", "2023")
            for indicator, row in figures(place / "data").items():
                value = row["value"] if "value" in row else row["figure"]["value"]
                check(float(value) == COUNTED[indicator] * scale, f"{indicator} is {value}, not {COUNTED[indicator] * scale}")
            rows = resources
            if scale == 1:
                _, _, said = command("--data", place / "data", "--json", "verify")
                verified = json.loads(said)
                check(verified["agrees"], "verify disagrees")
                rows = verified["rows"]
            reports = [command("--data", place / "data", "report", "hospital_year", "--org", "tcm-hospital", "--period", "2023", "-o", place / "r.docx") for _ in range(5)]
            result = {
                "size": scale,
                "resources": resources,
                "make_resources_per_s": resources / made,
                "load_resources_per_s": resources / load_s,
                "load_peak_mib": load_mib,
                "rows": rows,
                "flatten_rows_per_s": rows / flatten_s,
                "flatten_peak_mib": flatten_mib,
                "report_ms": statistics.median(r[0] for r in reports) * 1000,
                "report_ms_spread": [min(r[0] for r in reports) * 1000, max(r[0] for r in reports) * 1000],
                "report_peak_mib": max(r[1] for r in reports),
                "disk_mib": size(place / "data"),
            }
            results.append(result)
            shown = [scale, resources, *(round(result[key]) for key in ("make_resources_per_s", "load_resources_per_s", "load_peak_mib", "rows", "flatten_rows_per_s", "flatten_peak_mib", "report_ms", "report_peak_mib", "disk_mib"))]
            print("  ".join(f"{value:>11}" for value in shown), flush=True)
        finally:
            shutil.rmtree(place, ignore_errors=True)
    return results


if __name__ == "__main__":
    run([int(scale) for scale in (sys.argv[1] if len(sys.argv) > 1 else "1").split(",")])
