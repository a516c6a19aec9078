"""The table of functions in docs/fhirpath.md: every function of the program is in it, none else, and every example gives
what the table says."""
import json
import re
import subprocess
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BATCH = ROOT / "build" / "release" / "fhirpath_batch"
PAGE = (ROOT / "docs" / "fhirpath.md").read_text()


def rows():
    for line in PAGE.splitlines():
        cells = [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)]
        if len(cells) == 6 and re.fullmatch(r"`\w+\(.*\)`", cells[1]):
            yield cells[1].strip("`"), cells[3][1:-1], cells[4]


def shown(item):
    value = item["value"]
    if item["type"] == "Quantity":
        unit = value["unit"] if value["calendar"] else f"'{value['unit']}'"
        return f"{value['value']} {unit}"
    return str(value).lower() if isinstance(value, bool) else str(value)


class FhirpathDocs(unittest.TestCase):
    def test_the_list_is_the_program_s(self):
        names = subprocess.run([BATCH, "--functions"], capture_output=True, text=True, check=True).stdout.split()
        self.assertEqual(sorted(function.split("(")[0] for function, _, _ in rows()), sorted(names))

    def test_every_example_gives_what_it_says(self):
        record = json.loads(re.search(r"```json\n(.*?)```", PAGE, re.S)[1])
        table = list(rows())
        lines = [{"document": "d", "resource": record}] + [{"document": "d", "expression": example} for _, example, _ in table]
        done = subprocess.run([BATCH], input="\n".join(map(json.dumps, lines)) + "\n", capture_output=True, text=True, check=True)
        answers = [json.loads(line, parse_float=str) for line in done.stdout.splitlines()]
        self.assertEqual(len(answers), len(table))
        for (function, example, wanted), answer in zip(table, answers):
            with self.subTest(example=example):
                self.assertIn(function.split("(")[0] + "(", example)
                self.assertEqual(", ".join(map(shown, answer["result"])) or "{}", wanted, answer)


if __name__ == "__main__":
    unittest.main()
