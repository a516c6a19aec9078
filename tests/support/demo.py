"""Data directories made by `xinglin simulate`, each once for all tests: the hospital's two years (of the demo), a district's
two years, and a county of 2,000 residents. Made again when the program, the packages or the totals change.

`python3 tests/support/demo.py [hospital|district|county]` prints the directory. Tests read MADE.directory(), to which nobody
may write, or change a MADE.copy().
"""
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
BINARY = Path(os.environ.get("XINGLIN_BIN", ROOT / "build" / "release" / "xinglin"))


@dataclass
class Made:
    name: str
    org: str  # of its document
    period: str
    totals: Path = None
    residents: int = None

    def _arguments(self):
        arguments = ["--totals", self.totals] if self.totals else []
        return arguments + (["--residents", str(self.residents), "--years", "2"] if self.residents else [])

    def _key(self) -> str:
        digest = hashlib.sha256(repr([str(each) for each in self._arguments()]).encode())
        for path in [BINARY, *([self.totals] if self.totals else []), *sorted((ROOT / "programs").rglob("*"))]:
            if path.is_file() and path.suffix != ".md":  # documents are read when one is made
                digest.update(str(path).encode() + path.read_bytes())
        return digest.hexdigest()[:16]

    def directory(self) -> Path:
        """The data directory; nobody may write to it."""
        place = ROOT / "build" / f"test-{self.name}"
        place.mkdir(parents=True, exist_ok=True)
        with open(place / ".lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            wanted = place / self._key()
            if not (wanted / ".complete").exists():
                for old in place.iterdir():
                    if old.is_dir():
                        shutil.rmtree(old)
                # A figure asked for brings the tables up to date, once for all copies.
                for command in (["simulate", *self._arguments()], ["indicators", "hospital_ops.discharges", "--org", self.org, "--period", self.period]):
                    subprocess.run([BINARY, "--data", wanted, *command], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
                (wanted / ".complete").touch()
            return wanted

    def copy(self) -> tempfile.TemporaryDirectory:
        """A copy to change; a TemporaryDirectory whose `.name`/data is the data directory."""
        copy = tempfile.TemporaryDirectory(prefix=f"xinglin-{self.name}-")
        shutil.copytree(self.directory(), Path(copy.name) / "data")
        return copy


HOSPITAL = Made("hospital", "tcm-hospital", "2023", totals=ROOT / "sim" / "totals" / "hospital_2023.yml")
DISTRICT = Made("district", "bureau", "2020-01-01..2020-10-31", totals=ROOT / "sim" / "totals" / "district_2020.yml")
COUNTY = Made("county", "bureau", "2023", residents=2000)


if __name__ == "__main__":
    print({made.name: made for made in (HOSPITAL, DISTRICT, COUNTY)}[sys.argv[1] if len(sys.argv) > 1 else "hospital"].directory())
