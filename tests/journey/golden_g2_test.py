"""A district's situation, word for word: every figure and comparison phrase of the printed paragraph it was modelled on
must stand in the document made from records and returns, each bound to its indicator (tests/support/golden.py).

The figures and phrases are facts, listed here; the sentences around them are the template's own.
"""
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from demo import DISTRICT  # noqa: E402
from golden import GoldenDocument  # noqa: E402

FIGURES = [
    ("institution.total", "1293间", "医疗卫生机构有1293间，较去年底增加12间"),
    ("institution.total", "较去年底增加12间", "1293间，较去年底增加12间"),
    ("institution.total.city_share", "26%", "约占全市26%"),
    ("institution.total.city_rank", "1", "数量在全市排名1"),
    ("institution.public_hospitals", "10间", "公立医院10间"),
    ("institution.private_hospitals", "16间", "民营医院16间"),
    ("institution.community_centres", "146间", "社康中心146间"),
    ("institution.supervision_cdc", "7间", "卫生监督及疾控机构7间"),
    ("institution.chronic_hospitals", "1间", "慢病院1间"),
    ("institution.blood_stations", "1间", "血站1间"),
    ("institution.clinics", "937间", "诊所937间"),
    ("institution.outpatient_tcm_halls", "141间", "门诊部中医馆141间"),
    ("institution.infirmaries", "33间", "医务室33间"),
    ("institution.service_stations", "1间", "医疗服务站1间"),
    ("staff.health_workers", "15043人", "医护人员15043人"),
    ("staff.physicians", "7354人", "执业医师7354人，同比增加765人"),
    ("staff.physicians", "同比增加765人", "7354人，同比增加765人"),
    ("staff.nurses", "7689人", "护士7689人，同比增加765人"),
    ("staff.nurses", "同比增加765人", "7689人，同比增加765人"),
    ("staff.physicians_per_1000", "2.20", "千人口医师2.20"),
    ("staff.physicians_per_1000.city", "3.01", "千人口医师2.20，全市3.01"),
    ("staff.physicians_per_1000.city_rank", "第9", "全市3.01，在全市排名第9"),
    ("staff.nurses_per_1000", "2.30", "千人口护士2.30"),
    ("staff.nurses_per_1000.city", "3.30", "千人口护士2.30，全市3.30"),
    ("staff.nurses_per_1000.city_rank", "第9", "全市3.30，在全市排名第9"),
    ("covid.dispatch.quarantine_hotels", "超过1000人次", "超过1000人次"),
    ("covid.dispatch.airport", "近6000人次", "近6000人次"),
    ("covid.dispatch.port", "2000余人次", "2000余人次"),
    ("hospital_ops.beds", "9493张", "病床共9493张，较去年底增加589张"),
    ("hospital_ops.beds", "较去年底增加589张", "9493张，较去年底增加589张"),
    ("population.permanent", "342万", "常住人口按照342万计"),
    ("hospital_ops.beds_per_1000", "2.77", "千人床位2.77"),
    ("hospital_ops.beds_per_1000.city", "3.83", "全市3.83"),
    ("hospital_ops.beds_per_1000.city_rank", "9", "全市3.83，在全市排名9"),
    ("hospital_ops.key_disciplines.national", "1个", "国家级1个"),
    ("hospital_ops.key_disciplines.provincial", "10个", "省级10个"),
    ("hospital_ops.key_disciplines.municipal", "3个", "市级3个"),
    ("hospital_ops.key_disciplines.building_units", "1个", "市重点建设单位1个"),
    ("hospital_ops.total_visits.projected", "1836万人次", "预计2020年总诊疗量1836万人次，同比下降18.8%"),
    ("hospital_ops.total_visits.projected", "同比下降18.8%", "同比下降18.8%"),
    ("hospital_ops.total_visits.city_share", "18.5%", "占全市18.5%"),
    ("hospital_ops.community_gp_visits", "662.16万人次", "社康全科服务662.16万人次，同比下降17.8%"),
    ("hospital_ops.community_gp_visits", "同比下降17.8%", "同比下降17.8%"),
    ("family_doctor.signed", "86.9万人", "家庭医生签约服务86.9万人，同比上升5.0%"),
    ("family_doctor.signed", "同比上升5.0%", "同比上升5.0%"),
    ("records.public_health_services", "703.8万人次", "基本公卫服务703.8万人次，同比上升2.0%"),
    ("records.public_health_services", "同比上升2.0%", "同比上升2.0%"),
    ("records.files_managed", "390.6万份", "在管健康档案390.6万份，同比上升33.0%"),
    ("records.files_managed", "同比上升33.0%", "同比上升33.0%"),
    ("surveillance.notifiable_cases", "40650例", "报告法定传染病40650例，同比下降30.0%"),
    ("surveillance.notifiable_cases", "同比下降30.0%", "同比下降30.0%，占全市21.8%"),
    ("surveillance.notifiable_cases.city_share", "21.8%", "占全市21.8%"),
    ("hypertension.managed", "129919人", "患者分别为129919人、48319人"),
    ("diabetes.managed", "48319人", "129919人、48319人"),
    ("hypertension.task_completion_rate", "91.7%", "任务完成率分别为91.7%、81.4%"),
    ("diabetes.task_completion_rate", "81.4%", "91.7%、81.4%"),
    ("hypertension.managed", "65.9%", "同比分别增长65.9%、67.5%"),
    ("diabetes.managed", "67.5%", "65.9%、67.5%"),
    ("smd.registered", "7329人", "在册严重精神障碍患者7329人，占全市21.9%，同比上升0.5%"),
    ("smd.registered.city_share", "21.9%", "占全市21.9%"),
    ("smd.registered", "同比上升0.5%", "同比上升0.5%"),
    ("smd.standardised_management_rate", "96.2%", "规范管理率96.2%"),
    ("smd.medication_rate", "87.5%", "服药率87.5%"),
    ("maternal.deliveries", "45162人", "分娩量45162人，同比下降9.7%"),
    ("maternal.deliveries", "同比下降9.7%", "同比下降9.7%"),
    ("maternal.deliveries.city_share", "24.3%", "占全市分娩量的24.3%"),
    ("covid.confirmed", "64例", "确诊新冠肺炎病例64例"),
    ("covid.asymptomatic", "8例", "无症状感染者8例"),
    ("covid.recovery_rate", "全部康复出院", "全部康复出院，无死亡、危重及重症病例"),
    ("covid.deaths", "无死亡", "无死亡、危重及重症病例"),
    ("covid.severe", "危重及重症病例", "危重及重症病例"),
]


class District(GoldenDocument, unittest.TestCase):
    MADE, DOCUMENT, PASSAGE, TABLE_ROWS_MIN = DISTRICT, "district_year", "G2", 57
    FIGURES, WHOLE = FIGURES, False
    # Where the table says a figure differently: the order of words or a name that is not ours.
    SAID = {
        "1个国家级": "国家级1个", "10个省级": "省级10个", "3个市级": "市级3个", "1个市重点建设单位": "市重点建设单位1个",
        "预计2020年 … 同比下降18.8%": "同比下降18.8%",
    }
    BOUND = {"hospital_ops.total_visits": "hospital_ops.total_visits.projected"}


if __name__ == "__main__":
    unittest.main()
