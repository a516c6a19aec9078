"""The repository's own rules: layers of includes, the map in ARCHITECTURE.md, links in the docs, what must not be said.

Run: python3 -m unittest -v tests/repository_test.py
"""
import re
import subprocess
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FILES = [Path(p) for p in subprocess.run(
    ["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\n")
    if p and (ROOT / p).is_file()]

# Who may include whom (blueprint of the layers; ARCHITECTURE.md says why). Each may always include itself.
SERVER = {
    "store": {"lib"},
    "package": {"lib"},
    "feed": {"lib", "store"},
    "access": {"lib", "store"},
    "flatten": {"lib", "feed", "store", "package"},
    "indicator": {"lib", "feed", "store", "flatten", "access", "package"},
    "document": {"lib", "store", "package", "indicator"},
    "program": {"lib", "store", "feed", "access", "package", "flatten", "indicator", "document"},
    "plan": {"lib", "store", "package", "indicator", "document", "program"},
    "intake": {"lib", "store", "package", "program"},
    "api": {"lib", "store", "feed", "access", "package", "flatten", "indicator", "document", "program", "plan", "intake"},
}
LIB = {
    "base": set(),
    "fhir": {"base"},
    "fhirpath": {"base", "fhir"},
    "validation": {"base", "fhir", "fhirpath"},
    "viewdef": {"base", "fhir", "fhirpath"},
    "sql": {"base"},
    "http": {"base"},
    "office": {"base"},
}


def beneath(module: str) -> set:
    """All that stands under a module: a test may set up the real thing where its module may only use it."""
    found, open_ = set(), [module]
    while open_:
        for lower in SERVER.get(open_.pop(), set()) - found:
            found.add(lower)
            open_.append(lower)
    return found


def may_include(source: Path, target: str) -> bool:
    parts, wanted = source.parts, target.split("/")
    is_test = source.stem.endswith(("_test", "_bench", "_fuzz")) or source.stem.startswith("test_")
    if wanted[0] == "tests":
        return is_test or parts[0] in ("tests", "bench")
    if is_test and parts[0] == "server" and wanted[0] == "server" and wanted[1] in beneath(parts[1]):
        return True
    if parts[0] == "lib":
        return wanted[0] == "lib" and (wanted[1] == parts[1] or wanted[1] in LIB[parts[1]])
    if parts[0] == "server":
        if parts[1] == "wiring":
            return wanted[0] in ("lib", "server", "sim")
        if wanted[0] == "server":
            return wanted[1] == parts[1] or wanted[1] in SERVER[parts[1]]
        return wanted[0] == "lib"
    if parts[0] == "sim":
        return wanted[0] in ("lib", "server", "sim") and wanted[:2] not in (["server", "api"], ["server", "wiring"])
    return True


class Layers(unittest.TestCase):
    def test_includes_follow_the_layers(self):
        broken, seen = [], 0
        for file in FILES:
            if file.suffix not in (".h", ".cc"):
                continue
            for number, line in enumerate((ROOT / file).read_text().splitlines(), 1):
                match = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
                if not match or match[1].split("/")[0] not in ("lib", "server", "sim", "tests", "bench"):
                    if match and match[1] != "fhir_definitions.inc":
                        broken.append(f'{file}:{number}: "{match[1]}": write the path from the root of the repository')
                    continue
                seen += 1
                if not may_include(file, match[1]):
                    broken.append(f"{file}:{number}: may not include {match[1]}; see the layers in ARCHITECTURE.md")
        self.assertGreater(seen, 50)
        self.assertEqual(broken, [], "\n".join(broken))


class Documents(unittest.TestCase):
    def test_architecture_matches_the_tree(self):
        text = (ROOT / "ARCHITECTURE.md").read_text()
        named = set(re.findall(r"^\| `([^`]+)/` \|", text, re.M))
        actual = {"/".join(f.parts[:2]) for f in FILES if len(f.parts) > 2 and f.parts[0] in ("lib", "server")}
        actual |= {f.parts[0] for f in FILES if len(f.parts) > 1 and not f.parts[0].startswith(".") and f.parts[0] not in ("lib", "server")}
        self.assertEqual(named, actual, "ARCHITECTURE.md's folder table and the tree differ")

    def test_links_in_the_docs_lead_somewhere(self):
        broken = []
        for file in FILES:
            if file.suffix != ".md":
                continue
            text = re.sub(r"```.*?```", "", (ROOT / file).read_text(), flags=re.S)
            for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text):
                if re.match(r"[a-z]+:", target) or "{" in target:
                    continue
                if not (ROOT / file.parent / target).exists():
                    broken.append(f"{file}: {target}")
        self.assertEqual(broken, [])

    def test_both_readmes_give_the_two_commands(self):
        for name in ("README.md", "README.zh-CN.md"):
            text = (ROOT / name).read_text()
            self.assertIn("./dev demo", text)
            self.assertIn("./dev test", text)


class Cleanliness(unittest.TestCase):
    def test_no_machine_paths_and_no_loose_ends(self):
        broken = []
        for file in FILES:
            if file.suffix in (".png", ".svg", ".json", ".woff2") or file == Path("tests/repository_test.py"):
                continue
            for number, line in enumerate((ROOT / file).read_text(errors="replace").splitlines(), 1):
                if re.search(r"(?<![\w.])/(work|root)/", line):
                    broken.append(f"{file}:{number}: a path of one machine")
                if re.search(r"\b(FIXME|XXX|TODO)\b", line):
                    broken.append(f"{file}:{number}: mend it, or write it into CHANGELOG.md under 'Known gaps'")
        self.assertEqual(broken, [], "\n".join(broken))

    def test_sources_end_with_a_newline_and_have_no_tabs(self):
        broken = []
        for file in FILES:
            if file.suffix in (".h", ".cc", ".py", ".md", ".yml", ".sql"):
                text = (ROOT / file).read_bytes()
                if text and not text.endswith(b"\n"):
                    broken.append(f"{file}: no newline at the end")
                if b"\t" in text and file.suffix in (".h", ".cc", ".py", ".yml"):
                    broken.append(f"{file}: a tab; use spaces")
        self.assertEqual(broken, [])


if __name__ == "__main__":
    unittest.main()
