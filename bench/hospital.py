"""The path of a record at growing sizes: a county of 1, 10, 100 hospitals, each with the same two years.

Once: the hospital's two years are made (`simulate`) and exported. Each size: so many copies of the export, every id, reference
and origin in it prefixed (h1-, h2- ...), are written, loaded and deleted one after the other; then the warehouse is built
(rows/s), every figure of the county is asked for (s), and the hospital's report is made (ms: the whole command, median of five).
At 1 and 10 `simulate` itself makes as much at once (make/s).

The answers are checked at each size: counts by type are those of the export times the size; the figures of the first, the middle
and the last hospital are those of the one that was copied, all of them, this year and last; the county's counts are the
hospital's times the size. At size 1 the export of what was loaded is the same as what was loaded, and `verify` agrees. Peak memory
is that of the largest process, from the operating system. Under each line stands what a resource costs more than at the size before.
"""
import json
import re
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "support"))
from measuring import ROOT, check, command, current_counts, figures, growth, print_row, shown, size_mib, watch_disk  # noqa: E402

TOTALS = ROOT / "sim" / "totals" / "hospital_2023.yml"
HOSPITAL = "tcm-hospital"
COUNTY = "bureau"
SHARED_TYPES = ("Measure", "Questionnaire")  # the program's own definitions, the same in every directory
SIMULATED_UP_TO = 10  # beyond this size `simulate` itself is not run again
REPORTS = 5
COUNTED = (  # counts whose figure of the county is the sum of its hospitals
    "hospital_ops.outpatient_visits",
    "hospital_ops.admissions",
    "hospital_ops.discharges",
    "records.files_created_updated",
    "immunization.doses",
    "maternal.managed",
    "child.managed_0_6",
    "surveillance.hospital_reported_cases",
)
MARK = b"\x01"  # stands where a hospital's prefix goes; JSON has no such byte


def lines_of(directory):
    counts = {}
    for file in sorted(Path(directory).glob("*.ndjson")):
        with open(file, "rb") as text:
            counts[file.stem] = sum(1 for _ in text)
    return counts


class Copies:
    """The export with a mark wherever a hospital's own names begin, and what all hospitals share apart."""

    def __init__(self, exported, place):
        self.template, self.shared = place / "template", place / "shared"
        self.template.mkdir()
        self.shared.mkdir()
        self.own, self.common = {}, {}
        for file in sorted(exported.glob("*.ndjson")):
            with open(file, "rb") as lines, open(self.template / file.name, "wb") as own, open(self.shared / file.name, "wb") as shared:
                for line in lines:
                    is_shared = file.stem in SHARED_TYPES or line.startswith(b'{"resourceType":"Organization","id":"%s"' % COUNTY.encode())
                    (shared if is_shared else own).write(line if is_shared else self.marked(line))
                    counts = self.common if is_shared else self.own
                    counts[file.stem] = counts.get(file.stem, 0) + 1
        for file in [*self.template.iterdir(), *self.shared.iterdir()]:
            if file.stat().st_size == 0:
                file.unlink()

    ID = re.compile(rb'^(\{"resourceType":"\w+","id":")([^"]+)')
    REFERENCE = re.compile(rb'("reference":"\w+/)([^"]+)')
    ORIGIN = re.compile(rb'("system":"urn:xinglin:derived-from","code":")([^"]+)')
    PERIOD = b'"url":"urn:xinglin:period"'

    def marked(self, line):
        def mark(found):
            return found[0] if found[2] == COUNTY.encode() else found[1] + MARK + found[2]

        # A return is named after its organisation, so its mark stands before that.
        is_return = self.PERIOD in line
        line = self.ID.sub(lambda found: found[1] + found[2].replace(HOSPITAL.encode(), MARK + HOSPITAL.encode()) if is_return else mark(found), line, count=1)
        return self.ORIGIN.sub(mark, self.REFERENCE.sub(mark, line))

    def write(self, number, directory):
        """The files of one hospital."""
        directory.mkdir()
        for file in self.template.iterdir():
            with open(file, "rb") as template, open(directory / file.name, "wb") as copy:
                while piece := template.read(1 << 22):
                    copy.write(piece.replace(MARK, b"h%d-" % number))

    def counts(self, size):
        return {name: self.own.get(name, 0) * size + self.common.get(name, 0) for name in sorted({*self.own, *self.common})}


def measure(size, copies, base, place):
    data = place / "data"
    make_s = base["make_s"]
    if 1 < size <= SIMULATED_UP_TO:
        make_s, _, _ = command("--data", place / "made", "simulate", "--totals", TOTALS, "--scale", size)
        shutil.rmtree(place / "made")

    load_s, load_mib, _ = command("--data", data, "load", copies.shared)
    each_s = []
    for number in range(1, size + 1):
        watch_disk(place)
        copies.write(number, place / "copy")
        seconds, mib, _ = command("--data", data, "load", place / "copy")
        shutil.rmtree(place / "copy")
        load_s, load_mib = load_s + seconds, max(load_mib, mib)
        each_s.append(seconds)
        if number % 10 == 0:
            print(f"{number} of {size} hospitals loaded, the last in {seconds:.0f} s", file=sys.stderr, flush=True)
    expected = copies.counts(size)
    check(current_counts(data) == expected, f"the load lost or added resources: {current_counts(data)}, not {expected}")
    resources = sum(expected.values())

    for file in data.glob("warehouse.duckdb*"):
        file.unlink()
    flatten_s, flatten_mib, _ = command("--data", data, "indicators", "hospital_ops.discharges", "--org", COUNTY, "--period", "2023")
    indicators_s, indicators_mib, _ = command("--data", data, "indicators", "--org", COUNTY, "--period", "2023")
    for number in sorted({1, (size + 1) // 2, size}):
        found = figures(data, f"h{number}-{HOSPITAL}")
        wrong = [f"{name}: {found.get(name)}, not {value}" for name, value in base["figures"].items() if found.get(name) != value]
        check(found and not wrong, f"hospital {number} of {size}: {'; '.join(wrong)}")
    for name, (value, before) in figures(data, COUNTY, *COUNTED).items():
        expected_pair = tuple(float(each) * size for each in base["figures"][name])
        check((float(value), float(before)) == expected_pair, f"{name} of the county is {value} and {before}, not {expected_pair}")
    if size == 1:
        command("--data", data, "export", "-o", place / "again")
        check(lines_of(place / "again") == expected, "the export differs from what was loaded")
        shutil.rmtree(place / "again")
        _, _, said = command("--data", data, "--json", "verify")
        verified = json.loads(said)
        check(verified["agrees"], "verify disagrees")
        base["rows"] = verified["rows"] - 1  # the county's own row is there once
    rows = base["rows"] * size + 1 if "rows" in base else None
    reports = [command("--data", data, "report", "hospital_year", "--org", f"h1-{HOSPITAL}", "--period", "2023", "-o", place / "r.docx") for _ in range(REPORTS)]
    return {
        "size": size,
        "resources": resources,
        "make_resources_per_s": resources / make_s if size <= SIMULATED_UP_TO else None,
        "load_resources_per_s": resources / load_s,
        "load_s_of_each_hospital": each_s,
        "load_peak_mib": load_mib,
        "rows": rows,
        "flatten_rows_per_s": rows / flatten_s if rows else None,
        "flatten_peak_mib": flatten_mib,
        "indicators_s": indicators_s,
        "indicators_peak_mib": indicators_mib,
        "report_ms": statistics.median(r[0] for r in reports) * 1000,
        "report_ms_spread": [min(r[0] for r in reports) * 1000, max(r[0] for r in reports) * 1000],
        "report_peak_mib": max(r[1] for r in reports),
        "disk_mib": size_mib(data),
    }


COLUMNS = {
    "size": "size",
    "resources": "resources",
    "make/s": "make_resources_per_s",
    "load/s": "load_resources_per_s",
    "load MiB": "load_peak_mib",
    "rows": "rows",
    "flatten/s": "flatten_rows_per_s",
    "flatten MiB": "flatten_peak_mib",
    "figures s": "indicators_s",
    "figures MiB": "indicators_peak_mib",
    "report ms": "report_ms",
    "report MiB": "report_peak_mib",
    "disk MiB": "disk_mib",
}
PER_RESOURCE = ("disk_mib",)  # grow with the records; the others should stay as they are
UNCHANGED = ("size", "resources", "rows")


def run(sizes):
    results = []
    place = Path(tempfile.mkdtemp(prefix="xinglin-bench-", dir=ROOT / "build"))
    try:
        watch_disk(place)
        make_s, _, _ = command("--data", place / "made", "simulate", "--totals", TOTALS)
        base = {"make_s": make_s, "figures": figures(place / "made", HOSPITAL)}
        command("--data", place / "made", "export", "-o", place / "out")
        shutil.rmtree(place / "made")
        copies = Copies(place / "out", place)
        shutil.rmtree(place / "out")
        print_row(COLUMNS)
        for size in sizes:
            work = place / str(size)
            work.mkdir()
            result = measure(size, copies, base, work)
            shutil.rmtree(work)
            print_row(shown(result[key]) for key in COLUMNS.values())
            if results:
                print_row(growth(results[-1], result, COLUMNS, PER_RESOURCE, UNCHANGED))
            results.append(result)
    finally:
        shutil.rmtree(place, ignore_errors=True)
    return results


if __name__ == "__main__":
    run([int(size) for size in (sys.argv[1] if len(sys.argv) > 1 else "1").split(",")])
