"""The hospital's year, word for word: every figure and comparison phrase of the printed summary it was modelled on must
stand in the document made from records, each bound to its indicator (tests/support/golden.py).

The figures and phrases are facts, listed here; the sentences around them are the template's own.
"""
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from demo import HOSPITAL  # noqa: E402
from golden import GoldenDocument  # noqa: E402

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


class Hospital(GoldenDocument, unittest.TestCase):
    MADE, DOCUMENT, PASSAGE, TABLE_ROWS_MIN = HOSPITAL, "hospital_year", "G6", 42
    FIGURES = FIGURES

    def test_nothing_else_is_printed(self):
        self.assertEqual(len(self.report["figures"]), len(self.FIGURES), "the document prints a figure that is not in the list")

    def test_the_beds_disagree(self):
        """Occupancy rests on 43.8 open beds, turnover on 60.8: no summary can have both, and this one says so."""
        said = [finding["text"]["zh"] for finding in self.report["findings"]]
        self.assertTrue(any("43.8" in text and "60.8" in text for text in said), said)


if __name__ == "__main__":
    unittest.main()
