"""A document word for word: every figure and comparison phrase of the printed passage it was modelled on must stand in the
document made from simulated records, each bound to its indicator.

A test of one passage derives from GoldenDocument and unittest.TestCase and lists its figures. Where the mission's table is at
hand (XINGLIN_DATA/../mission/golden.md) the list is compared with it too.
"""
import json
import os
import re
import subprocess
from pathlib import Path

from demo import BINARY, ROOT

YEAR = "20xx年"  # as the passages write the year of their period


class GoldenDocument:
    MADE = None         # the data (demo.Made)
    DOCUMENT = ""       # id of the template
    PASSAGE = ""        # its heading in the table: G2
    TABLE_ROWS_MIN = 0  # of the passage's table
    # (indicator, how the figure is printed, a phrase that stands in the sentence)
    FIGURES = []
    WHOLE = True        # FIGURES give a brace's text whole; else a part of it (several figures of one brace)
    SAID = {}           # where the table says a thing in another order or by a name that is not ours
    BOUND = {}          # the table's indicator -> ours

    @classmethod
    def setUpClass(cls):
        copy = cls.MADE.copy()
        cls.addClassCleanup(copy.cleanup)
        out = Path(copy.name)
        for kind in ("txt", "json"):
            subprocess.run([BINARY, "--data", out / "data", "report", cls.DOCUMENT, "--org", cls.MADE.org, "--period", cls.MADE.period,
                            "-o", out / f"report.{kind}"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        cls.text = (out / "report.txt").read_text(encoding="utf-8")
        cls.report = json.loads((out / "report.json").read_text(encoding="utf-8"))
        cls.printed = {}
        for figure in cls.report["figures"]:
            cls.printed.setdefault(figure["address"].split("@")[0], []).append(figure["text"])

    def mission_table(self):
        """Rows (figure, indicator, phrase) of the passage's table, or None where the mission is not at hand."""
        data = Path(os.environ.get("XINGLIN_DATA") or ROOT / "../shared/data")
        file = data.parent / "mission" / "golden.md"
        if not file.exists():
            return None
        passage = file.read_text(encoding="utf-8").split(f"## {self.PASSAGE}.")[1].split("\n## ")[0]
        rows = []
        for line in passage.splitlines():
            cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
            if len(cells) == 5 and cells[0].isdigit():
                rows.append((cells[1], cells[2].strip("`"), "" if cells[3] in ("-", "其中", "累计") else cells[3]))
        return rows

    def test_every_figure_is_printed_and_bound(self):
        for indicator, figure, _ in self.FIGURES:
            with self.subTest(indicator=indicator, figure=figure):
                texts = self.printed.get(indicator, [])
                self.assertTrue(any(figure == text if self.WHOLE else figure in text for text in texts), texts)

    def test_every_phrase_stands_in_the_text(self):
        for indicator, figure, phrase in self.FIGURES:
            with self.subTest(indicator=indicator, figure=figure):
                self.assertIn(phrase, self.text)

    def test_no_number_is_typed_by_hand(self):
        """Digits outside figures are dates, periods and headings only."""
        for paragraph in self.report["paragraphs"]:
            prose = "".join(run["text"] for run in paragraph["runs"] if "figure" not in run)
            rest = re.sub(r"\d+年|\d+月\d+日|\d+(到|-)\d+月|\d+月|0到6岁", "", prose)
            self.assertNotRegex(rest, r"\d", prose)

    def test_the_same_as_the_mission_table(self):
        table = self.mission_table()
        if table is None:
            self.skipTest("no mission/golden.md beside the data sets (set XINGLIN_DATA)")
        self.assertGreaterEqual(len(table), self.TABLE_ROWS_MIN)
        text = self.text.replace(self.MADE.period + "年", YEAR)
        for figure, named, phrase in table:
            indicator = self.BOUND.get(named, named)
            with self.subTest(figure=figure, indicator=indicator):
                self.assertIn(self.SAID.get(figure, figure), text)
                self.assertIn(self.SAID.get(phrase, phrase), text)
                self.assertIn(indicator, self.printed)
                # The digits of the figure are those of its own indicator, not of a neighbour.
                for number in re.findall(r"\d+(?:\.\d+)?%?", figure):
                    self.assertTrue(any(number in printed for printed in self.printed[indicator]), self.printed[indicator])
