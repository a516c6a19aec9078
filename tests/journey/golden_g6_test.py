"""The hospital's year, word for word: every figure and comparison phrase of the printed summary it was modelled on must
stand in the document made from records, each bound to its indicator.

The figures and phrases are facts, listed here; the sentences around them are the template's own. Where the mission's
table is at hand (XINGLIN_DATA/../mission/golden.md) the list is compared with it too.
"""
import json
import os
import re
import subprocess
import unittest
from pathlib import Path

import sys

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from demo import BINARY, ORG, PERIOD, ROOT, demo_copy  # noqa: E402

# (indicator, how the figure is printed, a phrase that stands in the sentence or is the change printed)
FIGURES = [
    ("hospital_ops.business_income", "772万元", "业务收入772万元"),
    ("hospital_ops.business_income", "比去年同期增长16.4%", "772万元，比去年同期增长16.4%"),
    ("hospital_ops.drug_income", "435万元", "其中药品收入435万元"),
    ("hospital_ops.drug_income_share", "56.3%", "药占比56.3%"),
    ("hospital_ops.outpatient_visits", "62236人", "62236人"),
    ("hospital_ops.outpatient_visits", "比去年同期增长17%", "62236人，比去年同期增长17%"),
    ("hospital_ops.admissions", "552人次", "552人次"),
    ("hospital_ops.admissions", "比去年同期增加10.1%", "552人次，比去年同期增加10.1%"),
    ("hospital_ops.discharges", "547人次", "547人次"),
    ("hospital_ops.discharges", "比去年同期增加5.4%", "547人次，比去年同期增加5.4%"),
    ("hospital_ops.discharged_bed_days", "6891日", "6891日"),
    ("hospital_ops.occupied_bed_days", "6717日", "6717日"),
    ("hospital_ops.bed_occupancy_rate", "42%", "床位使用率为42%"),
    ("hospital_ops.bed_turnover", "9次", "周转9次"),
    ("hospital_ops.average_length_of_stay", "12.5天", "平均住院日12.5天"),
    ("records.files_created_updated", "20941份", "20941份"),
    ("publicity.bulletin_board_issues", "24期", "24期"),
    ("publicity.activities", "2次", "义诊2次"),
    ("publicity.leaflets", "3785份", "3785份"),
    ("immunization.doses", "6856人次", "6856人次"),
    ("immunization.vaccination_rate", "95%", "接种率95%"),
    ("immunization.aefi", "无一例疑似及异常反应", "无一例疑似及异常反应"),
    ("maternal.handbooks_issued", "66人", "全年建立孕产妇保健手册66人"),
    ("maternal.managed", "568人", "从2023年1月1日至今，在管孕产妇568人"),
    ("child.new_cards", "156人", "全年共新建卡156人"),
    ("child.managed_0_6", "1631人", "0到6岁儿童1631人"),
    ("infection_control.monitored_discharges", "467人次", "1到12月份"),
    ("infection_control.infections", "无医院感染病例", "无医院感染病例"),
    ("infection_control.missed_reports", "无漏报病例", "无漏报病例"),
    ("infection_control.infection_rate", "0%", "医院感染率0%"),
    ("infection_control.trainings", "4次", "培训4次"),
    ("infection_control.exams", "2次", "考试2次"),
    ("infection_control.training_pass_rate", "90%", "合格率90%"),
    ("infection_control.waste_incidents", "无医疗废物流失、泄露、买卖等情况", "无医疗废物流失、泄露、买卖"),
    ("infection_control.waste_kg", "929.8公斤", "1-12月份共收集转运医疗废物929.8公斤"),
    ("surveillance.hospital_reported_cases", "25例", "1-12月份共上报传染病25例"),
    ("surveillance.hospital_reported.hepatitis_b", "9例", "乙肝9例"),
    ("surveillance.hospital_reported.hepatitis_c", "1例", "丙肝1例"),
    ("surveillance.hospital_reported.diarrhoea", "9例", "腹泻9例"),
    ("tb.suspects_referred", "5例", "转诊肺结核疑似病人5例"),
    ("surveillance.hospital_reported.ahc", "1例", "急性出血性结膜炎病人1例"),
    ("surveillance.hospital_reported.hfmd", "无手足口病病例", "无手足口病病例"),
    ("surveillance.missed_reports", "无漏报", "查现行病例无漏报"),
    ("training.infectious_disease_sessions", "9次", "传染病知识培训9次"),
    ("training.infectious_disease_exams", "2次", "考试2次"),
    ("training.infectious_disease_pass_rate", "95%", "合格率95%"),
    ("publicity.tuberculosis_campaigns", "3月", "3月开展结核病防治知识宣传1次"),
    ("publicity.tuberculosis_campaigns", "1次", "结核病防治知识宣传1次"),
    ("publicity.malaria_campaigns", "4月", "4月开展疟疾防治知识宣传1次"),
    ("publicity.malaria_campaigns", "1次", "疟疾防治知识宣传1次"),
]
YEAR = "20xx年"


def mission_table():
    """Rows (figure, indicator, phrase) of the table of passage G6, or None where the mission is not at hand."""
    data = Path(os.environ.get("XINGLIN_DATA") or ROOT / "../shared/data")
    file = data.parent / "mission" / "golden.md"
    if not file.exists():
        return None
    passage = file.read_text(encoding="utf-8").split("## G6.")[1].split("\n## ")[0]
    rows = []
    for line in passage.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if len(cells) == 5 and cells[0].isdigit():
            rows.append((cells[1], cells[2].strip("`"), "" if cells[3] == "-" else cells[3]))
    return rows


class Golden(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.copy = demo_copy()
        cls.addClassCleanup(cls.copy.cleanup)
        out = Path(cls.copy.name)
        for kind in ("txt", "json"):
            subprocess.run([BINARY, "--data", out / "data", "report", "hospital_year", "--org", ORG, "--period", PERIOD,
                            "-o", out / f"summary.{kind}"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        cls.text = (out / "summary.txt").read_text(encoding="utf-8")
        cls.report = json.loads((out / "summary.json").read_text(encoding="utf-8"))

    def test_every_figure_is_printed_and_bound(self):
        printed = [(figure["address"].split("@")[0], figure["text"]) for figure in self.report["figures"]]
        for indicator, figure, _ in FIGURES:
            with self.subTest(indicator=indicator, figure=figure):
                self.assertIn((indicator, figure), printed)
        self.assertEqual(len(printed), len(FIGURES), "the document prints a figure that is not in the list")

    def test_every_phrase_stands_in_the_text(self):
        for indicator, figure, phrase in FIGURES:
            with self.subTest(indicator=indicator, figure=figure):
                self.assertIn(phrase, self.text)

    def test_no_number_is_typed_by_hand(self):
        """Digits outside figures are dates, periods and headings only."""
        for paragraph in self.report["paragraphs"]:
            prose = "".join(run["text"] for run in paragraph["runs"] if "figure" not in run)
            rest = re.sub(r"\d+年|\d+月\d+日|\d+(到|-)\d+月|\d+月|0到6岁", "", prose)
            self.assertNotRegex(rest, r"\d", prose)

    def test_the_beds_disagree(self):
        """Occupancy rests on 43.8 open beds, turnover on 60.8: no summary can have both, and this one says so."""
        said = [finding["text"]["zh"] for finding in self.report["findings"]]
        self.assertTrue(any("43.8" in text and "60.8" in text for text in said), said)

    def test_the_same_as_the_mission_table(self):
        table = mission_table()
        if table is None:
            self.skipTest("no mission/golden.md beside the data sets (set XINGLIN_DATA)")
        self.assertGreaterEqual(len(table), 42)
        text = self.text.replace(PERIOD + "年", YEAR)
        bound = {}
        for figure in self.report["figures"]:
            bound.setdefault(figure["address"].split("@")[0], []).append(figure["text"])
        for figure, indicator, phrase in table:
            with self.subTest(figure=figure, indicator=indicator):
                self.assertIn(figure, text)
                self.assertIn(phrase, text)
                self.assertIn(indicator, bound)
                # The digits of the figure are those of its own indicator, not of a neighbour.
                for number in re.findall(r"\d+(?:\.\d+)?%?", figure):
                    self.assertTrue(any(number in printed for printed in bound[indicator]), bound[indicator])


if __name__ == "__main__":
    unittest.main()
