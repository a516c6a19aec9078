"""lib/fhirpath against HL7's fhirpath.js: random well-typed expressions over random documents, values and types compared.

As a test: a fixed seed and a few thousand expressions. The whole of it:
    python3 tests/conformance/fhirpath_peer_test.py --count 100000 --seed 7 [--show 3]
Every difference must be of a class below, each with its reason, or the run fails; so must every function be met often
enough and most results not be empty.
"""
import argparse
import collections
import json
import os
import random
import re
import shutil
import subprocess
import sys
import unittest
from decimal import Decimal, InvalidOperation
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "support"))
import fhirpath_generator as generator  # noqa: E402

BATCH = ROOT / "build" / "release" / "fhirpath_batch"
DEFINITIONS = ROOT / ".cache" / "third_party" / "r4"
EXPRESSIONS_PER_DOCUMENT = 50


def documents(model, rng, count):
    """Made ones, and where the data sets are there as many of Synthea's."""
    made = generator.Documents(model, rng)
    given = []
    data = Path(os.environ.get("XINGLIN_DATA", ROOT.parent / "shared" / "data")) / "synthea" / "r4"
    if data.is_dir():
        import gzip

        for path in sorted(data.glob("*.json.gz"))[:6]:
            given += [entry["resource"] for entry in json.loads(gzip.decompress(path.read_bytes()))["entry"]]
        given = [resource for resource in given if len(json.dumps(resource)) < 20000]
        given.sort(key=lambda resource: (resource["resourceType"], resource["id"]))
    for i in range(count):
        yield rng.choice(given) if given and i % 2 else made.make(rng.choice(generator.TYPES_MADE))


def run(command, lines):
    done = subprocess.run(command, input="\n".join(lines) + "\n", capture_output=True, text=True, cwd=ROOT)
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]} ends with {done.returncode}: {done.stderr[-2000:]}")
    return [json.loads(line, parse_float=Decimal) for line in done.stdout.splitlines()]


# --- comparing

APPROXIMATE = re.compile(r"\b(exp|ln|log|sqrt|power|avg)\(|/|mod|\.to(Quantity|Decimal)\(")


def ours(item):
    """(type, value) in the peer's terms; None for an element without a value, which the peer leaves out."""
    kind, value = item["type"], item["value"]
    if item.get("node"):
        return None if value is None else ("FHIR." + kind, value)
    if kind == "Quantity":
        unit = value["unit"] if value["calendar"] else f"'{value['unit']}'"
        return ("System.Quantity", (Decimal(value["value"]), unit))
    return ("System." + kind, value)


def theirs(item):
    kind, value = item["type"], item["value"]
    if kind == "System.Quantity" and isinstance(value, str):
        number, _, unit = value.partition(" ")
        return (kind, (Decimal(number), unit.removesuffix("s") if not unit.startswith("'") else unit))
    if kind == "System.Long":
        return (kind, int(value))
    return (kind, value)


def is_number(value):
    return isinstance(value, (int, Decimal)) and not isinstance(value, bool)


def same_number(a, b, approximate):
    a, b = Decimal(a), Decimal(b)
    if a == b:
        return True
    return approximate and abs(a - b) <= max(abs(a), abs(b)) * Decimal("1e-12") + Decimal("1e-17")


def same_value(a, b, approximate):
    if is_number(a) and is_number(b):
        return same_number(a, b, approximate)
    if isinstance(a, tuple) and isinstance(b, tuple):
        return a[1] == b[1] and same_number(a[0], b[0], approximate)
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same_value(a[key], b[key], approximate) for key in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(same_value(x, y, approximate) for x, y in zip(a, b))
    return type(a) is type(b) and a == b


def same_type(a, b):
    # The peer has one kind of number: a Decimal without a fraction is an Integer there.
    return a == b or {a, b} == {"System.Integer", "System.Decimal"}


def difference(expression, mine, other):
    """Empty when they agree."""
    if "error" in mine or "error" in other:
        if "error" in mine and "error" in other:
            return ""
        return "we refuse" if "error" in mine else "the peer refuses"
    left = [one for one in map(ours, mine["result"]) if one]
    right = [theirs(item) for item in other["result"]]
    if len(left) != len(right):
        return "number of items"
    approximate = bool(APPROXIMATE.search(expression))
    for a, b in zip(left, right):
        if not same_value(a[1], b[1], approximate):
            return "value"
        if not same_type(a[0], b[0]):
            return "type"
    return ""


def called(*names):
    pattern = re.compile(r"\b(" + "|".join(names) + r")\(")
    return lambda expression: bool(pattern.search(expression))


def results(answer):
    return answer.get("result", [])


def instant(value):
    """A dateTime with an offset, as milliseconds; else the value."""
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", value):
        import datetime

        return datetime.datetime.fromisoformat(re.sub(r"(\.\d{3})\d+", r"\1", value.replace("Z", "+00:00"))).timestamp()
    if isinstance(value, str):
        return re.sub(r"^(\d\d:\d\d:\d\d)\.0+$", r"\1", value)
    return value


def rounded(value):
    """A text whose numbers have at most ten digits after the point and no zeros at the end."""
    if not isinstance(value, str):
        return value
    return re.sub(r"-?\d+\.\d+", lambda m: format(round(Decimal(m[0]), 10).normalize(), "f"), value)


def values(answer, convert=lambda value: value):
    return [convert(item["value"]) for item in results(answer) if item["value"] is not None]


def only_types(*allowed):
    """The values agree, and where the types do not the peer says one of those."""

    def fits(expression, mine, other):
        left = [one for one in map(ours, results(mine)) if one]
        right = [theirs(item) for item in results(other)]
        return len(left) == len(right) and bool(left) and all(
            same_value(a[1], b[1], True) and (same_type(a[0], b[0]) or b[0] in allowed) for a, b in zip(left, right))

    return fits


def peer_says(text):
    return lambda expression, mine, other: text in other.get("error", "")


def uses(*names):
    has = called(*names)
    return lambda expression, mine, other: has(expression)


MOVED = re.compile(r"[+-] (\d+ (day|week|month|year|hour)|1 'd')")

# Classes of differences: (name, is it of this class?, reason). The first that fits counts.
CLASSES = [
    ("unary minus", peer_says("Unary - can only be applied"),
     "the peer refuses the minus before an element or before nothing; N1 6.6: the value of an element, and empty gives empty"),
    ("comparable of nothing", peer_says("Was expecting only one element but got []"), "N1 4.3: an empty operand gives empty"),
    ("not a number", lambda e, a, b: called("ln", "log", "sqrt", "power")(e)
     and ("NaN" in b.get("error", "") or any(item["value"] is None for item in results(b))),
     "N1 5.7: what has no result is empty; the peer gives NaN"),
    ("dateTime's own offset", lambda e, a, b: results(a) != [] and values(a, instant) == values(b, instant),
     "N1 6.6.4: a dateTime that is moved keeps its offset and the digits of its second; the peer moves it to the machine's offset"),
    ("digits of a number's text", lambda e, a, b: results(a) != [] and values(a, rounded) == values(b, rounded),
     "quotients have 18 digits after the point, roots and logarithms 15; the peer's have more, and it drops zeros at the end"),
    ("digits of a number's text further on", lambda e, a, b: called("toString")(e) and called("toChars", "length", "encode", "indexOf", "split")(e),
     "the same, where the text is used further"),
    ("a partial dateTime's text further on", lambda e, a, b: bool(re.search(r"@\d{4}(-\d\d)?T\.toString", e)), "the same, where the text is used further"),
    ("letters of hex", lambda e, a, b: "'hex'" in e and [str(v).lower() for v in values(a)] == [str(v).lower() for v in values(b)],
     "hexadecimal digits are written in small letters; STU3 leaves that open"),
    ("ids are strings", lambda e, a, b: bool(re.search(r"\b(id|url)\b.*\b(is|ofType|as)\b", e)),
     "an id is a FHIR.id, which is derived from string, and a System.String; in the peer only the latter"),
    ("a partial dateTime's text", lambda e, a, b: results(a) != [] and values(a, rounded) == values(b, lambda v: rounded(v[:-1] if str(v).endswith("T") else v)),
     "2021-12 is the text of @2021-12T, as FHIR writes it"),
    ("parts of a moved dateTime", lambda e, a, b: called("hourOf", "minuteOf", "dayOf", "monthOf", "yearOf", "dateOf", "timeOf", "timezoneOffsetOf")(e)
     and MOVED.search(e), "N1 6.6.4, as above: the parts are those of the dateTime's own offset"),
    ("toDate of an element", uses("toDate", "convertsToDate"),
     "N1 5.5.4: a dateTime gives its date; the peer gives nothing for an element or text with a time"),
    ("boundaries of a dateTime", lambda e, a, b: called("lowBoundary", "highBoundary")(e) and ("toDateTime" in e or "T." in e or re.search(r"\((8|17)\)", e)),
     "official suite, LowBoundaryDateTimeMillisecond1: without an offset the widest one is meant; the peer gives nothing"),
    ("where of an element", lambda e, a, b: bool(re.search(r"\b(where|exists|all)\([A-Za-z%][\w.]*(\.ofType\(boolean\)|\.(first|last|single)\(\))*\)", e)),
     "N1 5.1, 5.2: the value of a Boolean element counts; the peer takes every element as true"),
    ("years and a number", lambda e, a, b: bool(re.search(r" !?= ", e)) and bool(re.search("year|month", e)),
     "a calendar year and a number have no common unit: undecided; the peer at times says that they differ"),
    ("a date and something else",
     lambda e, a, b: bool(re.search(r" !?= ", e)) and (results(b) == [] or "@" in e or called("where", "all", "exists", "allTrue", "anyTrue", "allFalse", "anyFalse")(e)),
     "N1 6.1: items of different types are not equal; the peer gives nothing when one is a date"),
    ("sets of elements and values", uses("subsetOf", "supersetOf"),
     "N1 5.1: by equality, so that the element true is the value true; the peer keeps them apart"),
    ("join of nothing", lambda e, a, b: called("join")(e), "the official SQL on FHIR suite (fn_join) wants an empty text; the peer gives nothing"),
    ("a pattern that matches nothing", lambda e, a, b: "replaceMatches('.*'" in e.replace('"', "'") or ".replaceMatches(" in e and "'.*'" in e,
     "after the whole text RE2 finds no further empty match; the peer's engine does"),
    ("ofType of a derived type", lambda e, a, b: bool(re.search(r"(ofType|as)\((FHIR\.)?string\)| as (FHIR\.)?string", e)),
     "official suite, testFHIRPathAsFunction16: a code is not given as string; the peer does"),
    ("a System type of an element", lambda e, a, b: bool(re.search(r"(ofType|as)\((System\.)?(String|Boolean|Integer|Decimal)\)| as (System\.)?(String|Boolean|Integer|Decimal)", e)),
     "search parameters of R4 say as(DateTime) of a dateTime: an element is given as the System type of its value"),
    ("one kind of number", lambda e, a, b: bool(re.search(r"Integer|Decimal|integer|decimal|Long|Quantity|Boolean\(", e)),
     "the peer takes a decimal without a fraction (120, 3.0) as an Integer"),
    ("base64 of UTF-8", lambda e, a, b: "base64" in e, "RFC 4648 encodes bytes, and those of a text are UTF-8; the peer takes Latin-1"),
    ("text of bytes", lambda e, a, b: called("decode")(e), "bytes that are no UTF-8 have no text; the peer takes them as Latin-1"),
    ("coalesce of arguments", lambda e, a, b: called("coalesce")(e),
     "the peer evaluates the arguments of functions within coalesce() from the outer input"),
    ("equivalent to the digits written", lambda e, a, b: bool(re.search(r"!?~", e)) and values(a, lambda v: type(v)) == values(b, lambda v: type(v)) == [bool],
     "N1 6.1.2 and the official suite's testQuantity4: rounded to the less precise of the two"),
    ("System.String of ids", only_types("System.String"),
     "ids and the url of an extension are shown with their FHIR type; they answer to System.String as well"),
    ("type of an extension's extension", lambda e, a, b: called("type", "is")(e) or only_types("System.Object", "FHIR.Extension")(e, a, b),
     "the peer forgets the type of extensions of data types"),
    ("Long and Integer", lambda e, a, b: bool(re.search(r"\dL\b|toLong", e)), "STU3: Long with Integer gives Long; the peer at times gives Integer"),
    ("not a number within", uses("ln", "log", "sqrt", "power"), "N1 5.7: what has no result is empty; the peer goes on with NaN"),
]


def class_of(expression, mine, other):
    for name, fits, _ in CLASSES:
        if fits(expression, mine, other):
            return name
    return None


class Outcome:
    def __init__(self):
        self.total = self.filled = self.agreed = 0
        self.functions = collections.Counter()
        self.explained = collections.Counter()
        self.unexplained = []


def compare(count, seed, peers):
    rng = random.Random(seed)
    model = generator.Model(DEFINITIONS)
    expressions = generator.Expressions(model, rng)
    outcome = Outcome()
    batch = 20_000
    pending, lines = [], []

    def settle():
        if not pending:
            return
        mine = run([str(BATCH)], lines)
        other = run(["node", str(ROOT / "tests" / "support" / "fhirpath_peer.cjs"), str(peers)], lines)
        assert len(mine) == len(other) == len(pending), (len(mine), len(other), len(pending))
        for expression, a, b in zip(pending, mine, other):
            outcome.total += 1
            outcome.filled += bool(a.get("result"))
            outcome.functions.update(generator.functions_of(expression))
            kind = difference(expression, a, b)
            if not kind:
                outcome.agreed += 1
                continue
            known = class_of(expression, a, b)
            if known:
                outcome.explained[known] += 1
            else:
                outcome.unexplained.append((kind, expression, a, b))
        pending.clear()
        lines.clear()

    for number, resource in enumerate(documents(model, rng, -(-count // EXPRESSIONS_PER_DOCUMENT))):
        lines.append(json.dumps({"document": str(number), "resource": resource}, ensure_ascii=False))
        expressions.over(resource)
        for _ in range(EXPRESSIONS_PER_DOCUMENT):
            if outcome.total + len(pending) >= count:
                break
            try:
                expression = expressions.make()
            except LookupError:
                continue
            pending.append(expression)
            lines.append(json.dumps({"document": str(number), "expression": expression}, ensure_ascii=False))
        if len(pending) >= batch:
            settle()
    settle()
    return outcome


def peers_folder():
    """The folder of the pinned peer, or why it is not there."""
    if not shutil.which("node"):
        return None, "node is not installed"
    done = subprocess.run([str(ROOT / "tools" / "fetch-peers")], capture_output=True, text=True)
    return (Path(done.stdout.strip()), "") if done.returncode == 0 else (None, done.stderr.strip()[-200:])


def seldom(outcome, least):
    names = subprocess.run([str(BATCH), "--functions"], capture_output=True, text=True, check=True).stdout.split()
    return [name for name in names if name not in generator.NOT_COMPARED and outcome.functions[name] < least]


class FhirpathPeer(unittest.TestCase):
    def test_agrees_with_the_peer(self):
        peers, reason = peers_folder()
        if not peers:
            print(f"SKIPPED: test_agrees_with_the_peer: {reason}")
            self.skipTest(reason)
        outcome = compare(4_000, 20_230_501, peers)
        self.assertEqual(outcome.total, 4_000)
        self.assertEqual([one[:2] for one in outcome.unexplained], [])
        self.assertEqual(seldom(outcome, 10), [])
        self.assertGreaterEqual(outcome.filled, outcome.total * 7 // 10)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--show", type=int, default=3, help="unexplained differences to print of each kind")
    parser.add_argument("--least", type=int, default=200, help="how often every function must occur")
    options = parser.parse_args()
    peers, reason = peers_folder()
    if not peers:
        print(f"fhirpath_peer_test: {reason}", file=sys.stderr)
        return 2
    outcome = compare(options.count, options.seed, peers)
    print(f"{outcome.total} expressions: {outcome.agreed} agree, {sum(outcome.explained.values())} differ as explained, "
          f"{len(outcome.unexplained)} differ; {outcome.filled * 100 / outcome.total:.1f} % not empty")
    for name, times in outcome.explained.most_common():
        print(f"  {times:6} {name}: {next(reason for known, _, reason in CLASSES if known == name)}")
    shown = collections.Counter()
    for kind, expression, a, b in outcome.unexplained:
        functions = " ".join(sorted(generator.functions_of(expression)))
        shown[kind, functions] += 1
        if shown[kind, functions] <= options.show:
            print(f"\n{kind}: {expression}\n  we:   {json.dumps(a, default=str, ensure_ascii=False)[:300]}\n"
                  f"  peer: {json.dumps(b, default=str, ensure_ascii=False)[:300]}")
    rare = seldom(outcome, options.least)
    print("functions met least:", ", ".join(f"{name} {times}" for name, times in outcome.functions.most_common()[:-6:-1]))
    if rare:
        print(f"met less than {options.least} times: {', '.join(rare)}")
    return 1 if outcome.unexplained or rare or outcome.filled * 10 < outcome.total * 7 else 0


if __name__ == "__main__":
    if len(sys.argv) > 1 and sys.argv[1].startswith("--"):
        sys.exit(main())
    unittest.main()
