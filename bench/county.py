"""A county of 2,000, 20,000, 200,000 residents (`--sizes`), two years each: what it costs to make, load, flatten, ask, report.

Each size: `simulate --residents N --years 2`; its export is loaded into a fresh directory; the warehouse is built from nothing;
every figure of the bureau is asked for, this year and last; the county's report is made (the whole command, median of three).
Seconds and peak memory are those of the process, from the operating system; the disk is that of the loaded directory.

The answers are checked at each size: counts by type of the loaded directory are those of the simulated one; so are all figures of
the bureau and of a township; everyone has a file, and the visits and services of two years are at least 10 and 4 a resident.
Under each line stands the growth: seconds and disk by resource, so that x1.00 is as the data grow; memory as it is.
"""
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "support"))
from measuring import ROOT, check, command, current_counts, figures, growth, print_row, shown, size_mib, watch_disk  # noqa: E402

SIZES = (2_000, 20_000, 200_000)
YEARS = 2
COUNTY = "bureau"
TOWN = "town-01"
BOTH_YEARS = "2022-01-01..2023-12-31"
LEAST = {"hospital_ops.visits_per_resident": 10, "records.services_per_resident": 4}
REPORTS = 3


def measure(residents, place):
    watch_disk(place)
    made, loaded, exported = place / "made", place / "loaded", place / "out"
    make_s, make_mib, _ = command("--data", made, "simulate", "--residents", residents, "--years", YEARS)
    expected = current_counts(made)
    resources = sum(expected.values())
    said = figures(made, COUNTY, "records.files_managed.recorded", *LEAST, period=BOTH_YEARS)
    check(float(said["records.files_managed.recorded"][0]) == residents, f"{residents} residents have {said['records.files_managed.recorded'][0]} files")
    for name, least in LEAST.items():
        check(float(said[name][0]) >= least, f"{name} is {said[name][0]}, less than {least}")
    asked = {org: figures(made, org) for org in (COUNTY, TOWN)}

    command("--data", made, "export", "-o", exported)
    shutil.rmtree(made)
    load_s, load_mib, _ = command("--data", loaded, "load", exported)
    shutil.rmtree(exported)
    check(current_counts(loaded) == expected, f"the load lost or added resources: {current_counts(loaded)}, not {expected}")

    for file in loaded.glob("warehouse.duckdb*"):
        file.unlink()
    flatten_s, flatten_mib, _ = command("--data", loaded, "indicators", "hospital_ops.discharges", "--org", COUNTY, "--period", "2023")
    indicators_s, indicators_mib, _ = command("--data", loaded, "indicators", "--org", COUNTY, "--period", "2023")
    for org, before in asked.items():
        after = figures(loaded, org)
        wrong = [f"{name}: {after.get(name)}, not {value}" for name, value in before.items() if after.get(name) != value]
        check(before and not wrong, f"{org} of {residents} residents, loaded: {'; '.join(wrong)}")
    reports = [command("--data", loaded, "report", "county_year", "--org", COUNTY, "--period", "2023", "-o", place / "r.docx") for _ in range(REPORTS)]
    return {
        "residents": residents,
        "resources": resources,
        "make_s": make_s,
        "make_resources_per_s": resources / make_s,
        "make_peak_mib": make_mib,
        "load_s": load_s,
        "load_resources_per_s": resources / load_s,
        "load_peak_mib": load_mib,
        "flatten_s": flatten_s,
        "flatten_peak_mib": flatten_mib,
        "indicators_s": indicators_s,
        "indicators_peak_mib": indicators_mib,
        "report_s": statistics.median(r[0] for r in reports),
        "report_peak_mib": max(r[1] for r in reports),
        "disk_mib": size_mib(loaded),
    }


COLUMNS = {
    "residents": "residents",
    "resources": "resources",
    "make s": "make_s",
    "make/s": "make_resources_per_s",
    "make MiB": "make_peak_mib",
    "load s": "load_s",
    "load/s": "load_resources_per_s",
    "load MiB": "load_peak_mib",
    "flatten s": "flatten_s",
    "flatten MiB": "flatten_peak_mib",
    "figures s": "indicators_s",
    "figures MiB": "indicators_peak_mib",
    "report s": "report_s",
    "report MiB": "report_peak_mib",
    "disk MiB": "disk_mib",
}
PER_RESOURCE = ("make_s", "load_s", "flatten_s", "indicators_s", "report_s", "disk_mib")
UNCHANGED = ("residents", "resources")


def run(sizes):
    results = []
    place = Path(tempfile.mkdtemp(prefix="xinglin-bench-", dir=ROOT / "build"))
    try:
        print_row(COLUMNS)
        for residents in sizes:
            work = place / str(residents)
            work.mkdir()
            result = measure(residents, work)
            shutil.rmtree(work)
            print_row(shown(result[key]) for key in COLUMNS.values())
            if results:
                print_row(growth(results[-1], result, COLUMNS, PER_RESOURCE, UNCHANGED))
            results.append(result)
    finally:
        shutil.rmtree(place, ignore_errors=True)
    return results


if __name__ == "__main__":
    run([int(size) for size in sys.argv[1].split(",")] if len(sys.argv) > 1 else SIZES)
