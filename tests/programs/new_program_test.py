"""./dev new-program: what it makes passes the checker as it is, and a wrong name is refused.

Run: python3 -m unittest -v tests/programs/new_program_test.py
"""
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "support"))
from server import run  # noqa: E402


def new_program(name, programs):
    return subprocess.run([sys.executable, ROOT / "tools" / "new-program", name, "--programs", programs], capture_output=True, text=True)


class NewProgram(unittest.TestCase):
    def test_passes_the_checker(self):
        with tempfile.TemporaryDirectory(prefix="xinglin-new-") as programs:
            made = new_program("school_checks", programs)
            self.assertEqual(made.returncode, 0, made.stderr)
            checked = run("check", programs)
            self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)
            self.assertIn("1 programs, 1 registers, 1 forms, 1 indicators, 1 documents, 1 tests: 0 errors, 0 warnings", checked.stdout)

    def test_refuses(self):
        with tempfile.TemporaryDirectory(prefix="xinglin-new-") as programs:
            for name in ("School", "1st", "a__b", "x" * 31, "../x"):
                made = new_program(name, programs)
                self.assertNotEqual(made.returncode, 0, name)
                self.assertIn("is not a name", made.stderr)
            self.assertEqual(new_program("twice", programs).returncode, 0)
            self.assertIn("is there already", new_program("twice", programs).stderr)
            self.assertIn("there is no directory", new_program("x", programs + "/nowhere").stderr)
            self.assertEqual([folder.name for folder in Path(programs).iterdir()], ["twice"])


if __name__ == "__main__":
    unittest.main()
