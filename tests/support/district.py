"""The district's two years (sim/totals/district_2020.yml), made once and kept until program, packages or totals change.

`python3 tests/support/district.py` prints the directory. Nobody may write to it.
"""
import fcntl
import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from demo import BINARY, ROOT

TOTALS = ROOT / "sim" / "totals" / "district_2020.yml"
ORG = "bureau"
PERIOD = "2020-01-01..2020-10-31"


def _key() -> str:
    digest = hashlib.sha256()
    for path in [BINARY, TOTALS, *sorted((ROOT / "programs").rglob("*"))]:
        if path.is_file() and path.suffix != ".md":
            digest.update(str(path).encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def district_directory() -> Path:
    place = ROOT / "build" / "test-district"
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
            (wanted / ".complete").touch()
        return wanted


if __name__ == "__main__":
    print(district_directory())
    sys.exit(0)
