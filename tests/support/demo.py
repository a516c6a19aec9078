"""The hospital's two years, made once for all tests by `xinglin simulate` and copied by those that change something.

`python3 tests/support/demo.py` prints the directory. Tests call demo_directory() (read only) or demo_copy().
"""
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
BINARY = Path(os.environ.get("XINGLIN_BIN", ROOT / "build" / "release" / "xinglin"))
TOTALS = ROOT / "sim" / "totals" / "hospital_2023.yml"
ORG = "tcm-hospital"
PERIOD = "2023"


def _key() -> str:
    """Changes when the program, the packages or the totals change."""
    digest = hashlib.sha256()
    for path in [BINARY, TOTALS, *sorted((ROOT / "programs").rglob("*"))]:
        if path.is_file():
            digest.update(str(path.relative_to(ROOT) if path.is_relative_to(ROOT) else path).encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def demo_directory() -> Path:
    """A data directory with the demo in it; nobody may write to it."""
    place = ROOT / "build" / "test-demo"
    place.mkdir(parents=True, exist_ok=True)
    with open(place / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted = place / _key()
        if not (wanted / ".complete").exists():
            for old in place.iterdir():
                if old.is_dir():
                    shutil.rmtree(old)
            subprocess.run([BINARY, "--data", wanted, "simulate", "--totals", TOTALS], cwd=ROOT, check=True,
                           stdout=subprocess.DEVNULL)
            subprocess.run([BINARY, "--data", wanted, "indicators", "hospital_ops.discharges", "--org", ORG, "--period", PERIOD],
                           cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
            (wanted / ".complete").touch()
        return wanted


def demo_copy() -> tempfile.TemporaryDirectory:
    """A copy to change; a TemporaryDirectory whose `.name`/data is the data directory."""
    copy = tempfile.TemporaryDirectory(prefix="xinglin-demo-")
    shutil.copytree(demo_directory(), Path(copy.name) / "data")
    return copy


if __name__ == "__main__":
    print(demo_directory())
    sys.exit(0)
