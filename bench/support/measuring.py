"""What the benchmarks of whole commands share: running one with its time and memory, checking answers, printing a table with
its growth."""
import json
import os
import shutil
import sqlite3
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
XINGLIN = ROOT / "build" / "release" / "xinglin"
KEEP_FREE_GIB = 25  # of the disk; a run ends before it takes more


def command(*arguments):
    """Runs xinglin; gives (seconds, peak MiB, what it printed)."""
    started = time.monotonic()
    process = subprocess.Popen([XINGLIN, *map(str, arguments)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"xinglin {' '.join(map(str, arguments))} ended with {process.returncode}\n{output}")
    return time.monotonic() - started, usage.ru_maxrss / 1024, output


def check(condition, message):
    if not condition:
        raise SystemExit(f"wrong answer: {message}")


def size_mib(directory):
    return sum(f.stat().st_size for f in Path(directory).rglob("*") if f.is_file()) / 2**20


def figures(data, org, *indicators, period="2023"):
    """Every figure of the period, and of the year before: {indicator: (value, last year's)}."""
    _, _, text = command("--data", data, "--json", "indicators", *indicators, "--org", org, "--period", period)
    return {row["indicator"]: (row.get("value"), (row.get("last_year") or {}).get("value")) for row in json.loads(text)["indicators"]}


def current_counts(data):
    """Current resources by type, from the file itself: an export of a large county would take longer than the load."""
    records = sqlite3.connect(f"file:{data / 'records.db'}?mode=ro", uri=True)
    try:
        return dict(records.execute("SELECT name, current FROM type_count JOIN resource_type ON id=type WHERE current>0 ORDER BY name"))
    finally:
        records.close()


def watch_disk(place):
    free = shutil.disk_usage(place).free / 2**30
    if free < KEEP_FREE_GIB:
        raise SystemExit(f"{free:.0f} GiB of the disk are left, fewer than the {KEEP_FREE_GIB} that are kept free; make room and run it again")


def shown(value):
    return "-" if value is None else f"{value:.1f}" if isinstance(value, float) and value < 100 else f"{value:.0f}"


def growth(before, after, columns, per_resource, unchanged):
    """How many times what it was at the size before; what grows with the records, by resource; "" for what is `unchanged`."""
    ratios = []
    for key in columns.values():
        if key in unchanged or not before[key] or not after[key]:
            ratios.append("")
            continue
        ratio = after[key] / before[key]
        if key in per_resource:
            ratio *= before["resources"] / after["resources"]
        ratios.append(f"x{ratio:.2f}")
    return ratios


def print_row(cells):
    print("  ".join(f"{cell:>11}" for cell in cells), flush=True)
