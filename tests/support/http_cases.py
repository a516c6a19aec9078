"""Requests and the answers they must get, as text. A file of cases is a conversation with one fresh server, in order:

    ### what it shows
    POST /fhir/Patient
    Content-Type: application/fhir+json

    {"resourceType": "Patient"}

    HTTP 201
    ETag: W/"1"

    {"resourceType": "Patient", "id": "{{patient}}"}

In an answer, members that are not named may be there; "..." stands for anything (alone: any value; as the last element of an
array: any more elements; within a string: any text); a member whose name begins with ! must not be there. {{name}} takes
what stands there the first time and must be the same afterwards; requests may use it. An answer's body that is not JSON
must be in the answer as it stands. A request line of `WAIT` waits until the figures are fresh.

Markdown files hold cases in blocks that are fenced as ```http.
"""
import json
import re
from pathlib import Path


class Case:
    def __init__(self, title, place):
        self.title, self.place = title, place
        self.method = self.target = ""
        self.headers, self.body = {}, ""
        self.status, self.expected_headers, self.expected_body = 0, {}, ""


def _headers(lines):
    """Header lines up to the first blank one; gives them and the rest."""
    headers = {}
    while lines and lines[0].strip():
        name, _, value = lines.pop(0).partition(":")
        headers[name.strip()] = value.strip()
    return headers, lines[1:]


def read_cases(path: Path):
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".md":
        blocks = [(text[: m.start()].count("\n") + 2, m[1]) for m in re.finditer(r"^```http\n(.*?)^```", text, re.S | re.M)]
    else:
        blocks = [(1, text)]
    cases = []
    for first_line, block in blocks:
        lines = block.split("\n")
        starts = [i for i, line in enumerate(lines) if line.startswith("### ")]
        if not starts:
            starts = [-1]
        for start, end in zip(starts, starts[1:] + [len(lines)]):
            title = lines[start][4:].strip() if start >= 0 else ""
            part = lines[start + 1 : end]
            case = Case(title, f"{path.name}:{first_line + start + 1}")
            while part and not part[0].strip():
                part.pop(0)
            if not part:
                continue
            request = part.pop(0).split(" ", 1)
            case.method, case.target = request[0], request[1] if len(request) > 1 else ""
            at = next((i for i, line in enumerate(part) if re.match(r"HTTP \d{3}$", line)), len(part))
            case.headers, body = _headers(part[:at])
            case.body = "\n".join(body).strip()
            if at < len(part):
                case.status = int(part[at][5:])
                case.expected_headers, rest = _headers(part[at + 1 :])
                case.expected_body = "\n".join(rest).strip()
            elif case.method != "WAIT":
                raise ValueError(f"{case.place}: the case has no `HTTP nnn` line for its answer")
            cases.append(case)
    return cases


class Mismatch(Exception):
    pass


class Talk:
    """Runs cases against a server, remembering what {{name}} took."""

    def __init__(self, server):
        self.server, self.names = server, {}

    def run(self, case: Case):
        if case.method == "WAIT":
            self.server.wait_until_fresh()
            return
        fill = lambda text: re.sub(r"\{\{(\w+)\}\}", lambda m: self.names[m[1]], text)
        headers = {name: fill(value) for name, value in case.headers.items()}
        answer = self.server.request(case.method, fill(case.target), fill(case.body) if case.body else None, headers)
        if answer.status != case.status:
            raise Mismatch(f"status {answer.status} instead of {case.status}\n{answer.body[:2000]!r}")
        got = {name.lower(): value for name, value in answer.headers.items()}
        for name, value in case.expected_headers.items():
            if name.startswith("!"):
                if name[1:].lower() in got:
                    raise Mismatch(f"header {name[1:]} is there: {got[name[1:].lower()]}")
            elif name.lower() not in got:
                raise Mismatch(f"header {name} is missing in {got}")
            else:
                self.compare(value, got[name.lower()], f"header {name}")
        if not case.expected_body:
            return
        if case.expected_body[0] in "{[":
            wanted = json.loads(case.expected_body, parse_float=str, parse_int=str)
            self.compare(wanted, answer.exact(), "$")
        elif fill(case.expected_body) not in answer.text:
            raise Mismatch(f"the text is not in the answer:\n{answer.text[:2000]}")

    def compare(self, wanted, got, place):
        if wanted == "...":
            return
        if isinstance(wanted, dict):
            if not isinstance(got, dict):
                raise Mismatch(f"{place}: {got!r} is not an object")
            for name, value in wanted.items():
                if name.startswith("!"):
                    if name[1:] in got:
                        raise Mismatch(f"{place}.{name[1:]} is there: {got[name[1:]]!r}")
                elif name not in got:
                    raise Mismatch(f"{place}.{name} is missing in {json.dumps(got, ensure_ascii=False)[:1000]}")
                else:
                    self.compare(value, got[name], f"{place}.{name}")
        elif isinstance(wanted, list):
            open_end = wanted and wanted[-1] == "..."
            wanted = wanted[:-1] if open_end else wanted
            if not isinstance(got, list) or len(got) < len(wanted) or (not open_end and len(got) != len(wanted)):
                raise Mismatch(f"{place}: expected {len(wanted)} elements{' or more' if open_end else ''}: "
                               f"{json.dumps(got, ensure_ascii=False)[:1000]}")
            for i, (a, b) in enumerate(zip(wanted, got)):
                self.compare(a, b, f"{place}[{i}]")
        elif isinstance(wanted, str) and isinstance(got, str):
            self.compare_text(wanted, got, place)
        elif wanted != got:
            raise Mismatch(f"{place}: {got!r} instead of {wanted!r}")

    def compare_text(self, wanted, got, place):
        pattern, fresh = "", []
        for piece in re.split(r"(\.\.\.|\{\{\w+\}\})", wanted):
            if piece == "...":
                pattern += ".*"
            elif piece.startswith("{{"):
                name = piece[2:-2]
                if name in self.names:
                    pattern += re.escape(self.names[name])
                else:
                    pattern += f"(?P<{name}>.+?)"
                    fresh.append(name)
            else:
                pattern += re.escape(piece)
        match = re.fullmatch(pattern, got, re.S)
        if not match:
            raise Mismatch(f"{place}: {got!r} instead of {wanted!r}")
        for name in fresh:
            self.names[name] = match[name]
