"""The worked example of docs/authoring.md, done as the page says: its blocks are written to files, checked, made and printed.

Run: python3 -m unittest -v tests/programs/worked_example_test.py
"""
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from demo import BINARY, ROOT  # noqa: E402


def blocks():
    """{file: text} of the page's blocks that name one."""
    page = (ROOT / "docs" / "authoring.md").read_text(encoding="utf-8")
    return dict(re.findall(r"^```\w+ file=(\S+)\n(.*?)^```", page, re.M | re.S))


class WorkedExample(unittest.TestCase):
    def test_the_page_does_what_it_says(self):
        files = blocks()
        self.assertGreater(len(files), 15)
        with tempfile.TemporaryDirectory(prefix="xinglin-example-") as name:
            folder = Path(name)
            shutil.copytree(ROOT / "programs", folder / "programs")
            for file, text in files.items():
                place = folder / ("programs" if "/" in file else ".") / file
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_text(text, encoding="utf-8")
            printed = folder / "printed.txt"
            for arguments in (["check", "programs/"],
                              ["--programs", "programs", "--data", "trial", "simulate", "--totals", "blood_2023.yml"],
                              ["--programs", "programs", "--data", "trial", "report", "blood_year", "--org", "station", "--period", "2023",
                               "-o", printed]):
                done = subprocess.run([BINARY, *arguments], cwd=folder, capture_output=True, text=True)
                self.assertEqual(done.returncode, 0, f"{arguments}: {done.stdout}{done.stderr}")
            self.assertEqual(printed.read_text(encoding="utf-8").split("数据核对")[0].strip(), files["blood.txt"].strip())


if __name__ == "__main__":
    unittest.main()
