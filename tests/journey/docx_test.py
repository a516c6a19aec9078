"""The files of the summary, opened by the programs people open them with: the .docx in LibreOffice becomes a PDF with the
same sentences, the annex opens as a spreadsheet with a row for each printed figure, the page is well-formed and every
figure in it is a link to its trace."""
import csv
import json
import re
import shutil
import subprocess
import unittest
import xml.etree.ElementTree as ElementTree
import zipfile
from pathlib import Path
from urllib.parse import unquote

import sys

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from demo import BINARY, HOSPITAL, ROOT  # noqa: E402

OFFICE = shutil.which("soffice") or shutil.which("libreoffice")
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def squeeze(text):
    """Without white space and page numbers, which a line or page break puts anywhere, and without punctuation: LibreOffice
    hangs it over the margin at a line's end, where pdftotext can lose it. (document_test reads the .docx back exactly.)"""
    return re.sub(r"\s|—\s*\d+\s*—|[、，。；：（）]", "", text)


class Files(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.copy = HOSPITAL.copy()
        cls.addClassCleanup(cls.copy.cleanup)
        cls.out = Path(cls.copy.name)
        for kind in ("docx", "xlsx", "html", "txt", "json"):
            cls.make(cls.out / f"summary.{kind}")
        cls.lines = (cls.out / "summary.txt").read_text(encoding="utf-8").splitlines()
        cls.report = json.loads((cls.out / "summary.json").read_text(encoding="utf-8"))

    @classmethod
    def make(cls, file):
        subprocess.run([BINARY, "--data", cls.out / "data", "report", "hospital_year", "--org", HOSPITAL.org, "--period", HOSPITAL.period,
                        "-o", file], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)

    def convert(self, file, kind):
        if not OFFICE:
            self.skipTest("LibreOffice is not installed (apt install libreoffice-writer-nogui libreoffice-calc-nogui)")
        profile = self.out / "office-profile"
        subprocess.run([OFFICE, "--headless", f"-env:UserInstallation={profile.as_uri()}", "--convert-to", kind, "--outdir",
                        self.out, self.out / file], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=300)
        return self.out / f"{Path(file).stem}.{kind.split(':')[0]}"

    def test_the_document_opens_and_says_the_same(self):
        pdf = self.convert("summary.docx", "pdf")
        if not shutil.which("pdftotext"):
            self.skipTest("pdftotext is not installed (apt install poppler-utils)")
        text = squeeze(subprocess.run(["pdftotext", pdf, "-"], check=True, capture_output=True, text=True).stdout)
        for line in self.lines:
            self.assertIn(squeeze(line), text)
        self.assertIn("数据核对", text)
        for finding in self.report["findings"]:
            self.assertIn(squeeze(finding["text"]["zh"]), text)

    def test_every_part_is_well_formed_and_every_figure_a_bookmark(self):
        with zipfile.ZipFile(self.out / "summary.docx") as parts:
            self.assertIsNone(parts.testzip())
            for name in parts.namelist():
                ElementTree.fromstring(parts.read(name))
            self.assertEqual({part.date_time for part in parts.infolist()}, {(1980, 1, 1, 0, 0, 0)})
            body = ElementTree.fromstring(parts.read("word/document.xml"))
            kept = ElementTree.fromstring(parts.read("customXml/item1.xml"))
        bookmarks = [start.get(W + "name") for start in body.iter(W + "bookmarkStart")]
        runs = [run["figure"] for paragraph in self.report["paragraphs"] for run in paragraph["runs"] if "figure" in run]
        self.assertEqual(bookmarks, [f"figure_{figure + 1}" for figure in runs])
        addresses = {figure.get("bookmark"): figure.get("address") for figure in kept}
        for number, figure in enumerate(self.report["figures"], 1):
            self.assertEqual(addresses[f"figure_{number}"], figure["address"])

    def test_the_annex_has_a_row_for_each_figure(self):
        sheet = self.convert("summary.xlsx", "csv:Text - txt - csv (StarCalc):44,34,76,1")
        with open(sheet, encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual([row["原文"] for row in rows], [figure["text"] for figure in self.report["figures"]])
        self.assertEqual([row["地址"] for row in rows], [figure["address"] for figure in self.report["figures"]])
        for row in rows:
            self.assertTrue(row["定义"] and row["指标"] and row["截至"], row)

    def test_the_page_is_well_formed_and_its_figures_are_links(self):
        page = (self.out / "summary.html").read_text(encoding="utf-8")
        tree = ElementTree.fromstring(page.split("\n", 1)[1])
        links = {link.get("id"): link for link in tree.iter("a") if link.get("id")}
        runs = [run["figure"] for paragraph in self.report["paragraphs"] for run in paragraph["runs"] if "figure" in run]
        self.assertEqual(len(links), len(runs))
        for figure in runs:
            link = links[f"figure_{figure + 1}"]
            self.assertEqual(link.text, self.report["figures"][figure]["text"])
            self.assertEqual(unquote(link.get("href")), "/#/trace/" + self.report["figures"][figure]["address"])
        self.assertNotIn("http://", page)
        self.assertNotIn("https://", page)

    def test_the_same_bytes_again(self):
        for kind in ("docx", "xlsx", "html", "json"):
            self.make(self.out / f"again.{kind}")
            self.assertEqual((self.out / f"again.{kind}").read_bytes(), (self.out / f"summary.{kind}").read_bytes(), kind)


if __name__ == "__main__":
    unittest.main()
