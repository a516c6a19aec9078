"""Random documents of R4 types and random well-typed FHIRPath expressions over them.

A document is made from the StructureDefinitions of the specification, or given. An expression is made from templates
such as "{S}.startsWith({S})", whose places are filled with expressions of the kind named: paths that lead somewhere in
the document, literals, other templates. The template used least so far is preferred, so that all are used alike.
"""
import json
import re

PRIMITIVES = {
    "boolean": "B", "integer": "I", "positiveInt": "I", "unsignedInt": "I", "decimal": "D", "date": "A",
    "dateTime": "M", "instant": "M", "time": "T",
    "string": "S", "code": "S", "id": "S", "uri": "S", "url": "S", "canonical": "S", "markdown": "S", "oid": "S",
    "uuid": "S",
}
QUANTITIES = {"Quantity", "Age", "Count", "Distance", "Duration", "SimpleQuantity", "MoneyQuantity"}
TYPES_MADE = ["Patient", "Observation", "Encounter", "Condition", "MedicationRequest", "QuestionnaireResponse", "Claim",
              "Location", "Appointment", "Immunization"]


class Model:
    """type → {element: ([(json name, type)], is a list)}; parts of a resource are types of their own (Patient.contact)."""

    def __init__(self, folder):
        self.types = {}
        for path in sorted(folder.glob("StructureDefinition-*.json")):
            definition = json.loads(path.read_text())
            if definition.get("derivation") == "constraint" or definition["kind"] not in ("resource", "complex-type"):
                continue
            self.add(definition)

    def add(self, definition):
        root = definition["type"]
        self.types.setdefault(root, {})
        for element in definition["snapshot"]["element"][1:]:
            owner, _, name = element["path"].rpartition(".")
            kinds = []
            if "contentReference" in element:
                kinds = [element["contentReference"][1:]]
            for kind in element.get("type", []):
                code = kind["code"].removeprefix("http://hl7.org/fhirpath/System.")
                code = {"String": "string"}.get(code, code)
                kinds.append(element["path"] if code in ("BackboneElement", "Element") else code)
            if name.endswith("[x]"):
                name = name[:-3]
                written = [(name + kind[0].upper() + kind[1:], kind) for kind in kinds]
            else:
                written = [(name, kind) for kind in kinds[:1]]
            self.types.setdefault(owner, {})[name] = (written, element["max"] != "1")


class Documents:
    SKIPPED = {"contained", "extension", "modifierExtension", "text", "meta", "implicitRules", "language", "id"}

    def __init__(self, model, rng):
        self.model, self.rng = model, rng

    def make(self, kind):
        return {"resourceType": kind, "id": f"{kind.lower()}-{self.rng.randrange(1000)}", **self.structure(kind, 0)}

    def structure(self, kind, depth):
        rng, out = self.rng, {}
        for name, (written, is_list) in self.model.types.get(kind, {}).items():
            if name in self.SKIPPED or not written or rng.random() < (0.35 if depth == 0 else 0.3 + 0.2 * depth):
                continue
            json_name, element = rng.choice(written)
            if is_list:
                values = [self.value(element, depth + 1, json_name) for _ in range(rng.choice([1, 1, 2, 3]))]
                values = [value for value in values if value is not None and value != {}]
                if values:
                    out[json_name] = values
            else:
                value = self.value(element, depth + 1, json_name)
                if value is not None and value != {}:
                    out[json_name] = value
        if depth < 3 and rng.random() < 0.2:
            out["extension"] = [{"url": rng.choice(["http://x/a", "http://x/b"]), "valueString": rng.choice(WORDS)}]
        return out

    def value(self, kind, depth, name):
        rng = self.rng
        made = PRIMITIVES.get(kind)
        if kind == "boolean":
            return rng.random() < 0.5
        if made == "I":
            return rng.choice([1, 2, 3, 7, 12, 40])
        if made == "D":
            return rng.choice([0.5, 1.25, 3.7, 12.75, 98.6])
        if kind == "instant":
            return rng.choice(["2021-03-04T05:06:07Z", "2019-12-31T23:59:59.123+08:00"])
        if made in ("A", "M", "T"):
            return rng.choice(MOMENTS[made])
        if kind == "uri" or kind == "canonical" or kind == "url":
            return rng.choice(["http://loinc.org", "http://x/set", "urn:oid:1.2.3"])
        if made == "S":
            return rng.choice(WORDS)
        if kind in QUANTITIES:
            code = rng.choice(["mg", "g", "kg", "cm", "mm[Hg]", "/min", "%"])
            return {"value": rng.choice([1, 2.5, 120, 37.2]), "unit": code, "system": "http://unitsofmeasure.org", "code": code}
        if kind == "Reference":
            return {"reference": rng.choice(["Patient/1", "Organization/tcm", "#x", "http://x/fhir/Practitioner/li"])}
        if depth > 3 or kind in ("Resource", "Extension", "Narrative", "xhtml", "base64Binary", "Meta"):
            return None
        return self.structure(kind, depth)


WORDS = ["a", "b", "final", "official", "phone", "Wang", "Xiu Ying", "abc", "Abc", "x y z", "1", "12.5", "true", "2020-05-06",
         "10:20", "5 'mg'", "4 days", "é", "病历", "a,b,c", "Hello World", "YWJj", "616263", "&lt;p&gt;", "a\"b", " padded "]
MOMENTS = {
    "A": ["1950-03-02", "2020-02-29", "2021-12", "1999", "2020-05-06"],
    "M": ["2021-03-04T05:06:07Z", "2020-02-29T23:30:00+08:00", "2020-05-06", "2021-12", "2019-12-31T23:59:59.123Z"],
    "T": ["08:30:00", "23:59:59.500", "10:20"],
}


def quoted(text):
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


# Places: {K} one item of a kind (B I D N=I or D, S, A date, M dateTime, T time, Q quantity, L Long, X any of them),
# {K*} a collection of them, {C} a collection of elements, {crit} true or false of each of its items, {each:K} one value of
# each. A template whose kind ends with * gives a collection.
TEMPLATES = [
    # existence
    ("B", "{C}.exists()"), ("B", "{C}.empty()"), ("B", "{C}.exists({crit})"), ("B", "{C}.all({crit})"),
    ("B", "{B*}.allTrue()"), ("B", "{B*}.anyTrue()"), ("B", "{B*}.allFalse()"), ("B", "{B*}.anyFalse()"),
    ("B", "{X*}.subsetOf({X*})"), ("B", "{S*}.subsetOf({S*})"), ("B", "{S*}.supersetOf({S*})"), ("B", "{X*}.supersetOf({X*})"),
    ("I", "{C}.count()"), ("I", "{S*}.count()"), ("B", "{X*}.isDistinct()"), ("S*", "{S*}.distinct()"), ("I*", "{I*}.distinct()"),
    # filtering and projection
    ("S*", "{C}.where({crit}).select({each:S})"), ("S*", "{S*}.where({itemS})"), ("I", "{C}.where({crit}).count()"),
    ("S*", "{C}.select({each:S})"), ("I*", "{C}.select({each:I})"), ("B*", "{C}.select({crit})"),
    ("I", "{C}.repeat({children}).count()"), ("S*", "{S*}.ofType(string)"), ("D*", "{C}.select({each:D})"),
    ("C*", "{C}.repeat(extension)"), ("C*", "{C}.where({crit})"), ("S*", "{X*}.ofType(String)"), ("I*", "{X*}.ofType(Integer)"),
    ("S*", "{C}.coalesce({each:S})"), ("S*", "coalesce({S}, {S})"),
    # subsetting
    ("S", "{S*}[{small}]"), ("S", "{S}.single()"), ("S", "{S*}.first()"), ("S", "{S*}.last()"), ("S*", "{S*}.tail()"),
    ("S*", "{S*}.skip({small})"), ("S*", "{S*}.take({small})"), ("S*", "{S*}.intersect({S*})"), ("S*", "{S*}.exclude({S*})"),
    ("I*", "{I*}.intersect({I*})"), ("X*", "{X*}.exclude({X*})"), ("I", "{I*}.first()"), ("C*", "{C}.tail()"),
    # combining
    ("S*", "{S*}.union({S*})"), ("S*", "{S*}.combine({S*})"), ("X*", "({X*} | {X*})"), ("I*", "({I} | {I})"), ("S*", "({S} | {S})"),
    ("B*", "({B} | {B})"), ("D*", "({D} | {N})"), ("Q*", "({Q} | {Q})"), ("A*", "({A} | {A})"),
    # conversion
    ("S", "iif({B}, {S}, {S})"), ("I", "iif({B}, {I})"), ("D", "iif({B}, {D}, {D})"),
    ("B", "{S}.toBoolean()"), ("B", "{I}.toBoolean()"), ("B", "{X}.convertsToBoolean()"),
    ("I", "{S}.toInteger()"), ("I", "{B}.toInteger()"), ("B", "{X}.convertsToInteger()"),
    ("L", "{S}.toLong()"), ("L", "{I}.toLong()"), ("B", "{X}.convertsToLong()"),
    ("D", "{S}.toDecimal()"), ("D", "{I}.toDecimal()"), ("B", "{X}.convertsToDecimal()"),
    ("S", "{X}.toString()"), ("S", "{N}.toString()"), ("S", "{Q}.toString()"), ("B", "{X}.convertsToString()"),
    ("A", "{S}.toDate()"), ("A", "{M}.toDate()"), ("B", "{X}.convertsToDate()"),
    ("M", "{S}.toDateTime()"), ("M", "{A}.toDateTime()"), ("B", "{X}.convertsToDateTime()"),
    ("T", "{S}.toTime()"), ("B", "{X}.convertsToTime()"),
    ("Q", "{S}.toQuantity()"), ("Q", "{N}.toQuantity()"), ("Q", "{Q}.toQuantity('g')"), ("Q", "{Q}.toQuantity('mg')"),
    ("B", "{X}.convertsToQuantity()"),
    # text
    ("I", "{S}.indexOf({S})"), ("I", "{S}.lastIndexOf({S})"), ("S", "{S}.substring({small})"), ("S", "{S}.substring({small}, {small})"),
    ("B", "{S}.startsWith({S})"), ("B", "{S}.endsWith({S})"), ("B", "{S}.contains({S})"), ("S", "{S}.upper()"), ("S", "{S}.lower()"),
    ("S", "{S}.replace({S}, {S})"), ("B", "{S}.matches({pattern})"), ("B", "{S}.matchesFull({pattern})"),
    ("S", "{S}.replaceMatches({pattern}, {S})"), ("I", "{S}.length()"), ("S*", "{S}.toChars()"), ("S*", "{S}.split({separator})"),
    ("S", "{S*}.join({separator})"), ("S", "{S*}.join()"), ("S", "{S}.trim()"), ("S", "{S}.encode({encoding})"),
    ("S", "{S}.encode({encoding}).decode({encoding})"), ("S", "'616263'.decode('hex')"), ("S", "{S}.escape({target})"),
    ("S", "{S}.escape({target}).unescape({target})"), ("S", "{S}.unescape('html')"), ("S", "({S} + {S})"), ("S", "({S} & {S})"),
    # numbers
    ("N", "{N}.abs()"), ("Q", "{Q}.abs()"), ("I", "{N}.ceiling()"), ("I", "{N}.floor()"), ("I", "{N}.truncate()"),
    ("D", "{smallN}.exp()"), ("D", "{N}.ln()"), ("D", "{N}.log({base})"), ("D", "{N}.power({small})"), ("D", "{N}.sqrt()"),
    ("D", "{D}.round({small})"), ("D", "{D}.round()"), ("I", "({I} + {I})"), ("I", "({I} - {I})"), ("I", "({I} * {I})"),
    ("D", "({N} / {N})"), ("I", "({N} div {N})"), ("I", "({I} mod {I})"), ("D", "({D} + {N})"), ("D", "({D} * {N})"),
    ("D", "({N} mod {D})"), ("L", "({L} + {I})"), ("L", "({L} * {L})"), ("N", "(-{N})"),
    ("I", "{I*}.sum()"), ("D", "{D*}.sum()"), ("I", "{I*}.min()"), ("I", "{I*}.max()"), ("S", "{S*}.min()"), ("S", "{S*}.max()"),
    ("D", "{I*}.avg()"), ("D", "{D*}.avg()"), ("I", "{I*}.aggregate($this + $total, 0)"),
    ("S", "{S*}.aggregate(iif($total.empty(), $this, $total & ',' & $this))"),
    ("D", "{written}.lowBoundary()"), ("D", "{written}.highBoundary()"), ("D", "{written}.lowBoundary({small})"), ("A", "{A}.lowBoundary(8)"),
    ("A", "{A}.highBoundary(8)"), ("M", "{M}.lowBoundary(17)"), ("M", "{M}.highBoundary(17)"),
    ("Q", "({Q} + {Q})"), ("Q", "({Q} - {Q})"), ("Q", "({Q} * {N})"), ("Q", "({Q} / {N})"), ("B", "{Q}.comparable({Q})"),
    # dates
    ("A", "({A} + {duration})"), ("A", "({A} - {duration})"), ("M", "({M} + {duration})"), ("T", "({T} + {timespan})"),
    ("I", "{A}.yearOf()"), ("I", "{A}.monthOf()"), ("I", "{A}.dayOf()"), ("I", "{M}.hourOf()"), ("I", "{M}.minuteOf()"),
    ("I", "{M}.secondOf()"), ("I", "{M}.millisecondOf()"), ("D", "{M}.timezoneOffsetOf()"), ("A", "{M}.dateOf()"), ("T", "{M}.timeOf()"),
    ("B", "(today() > {A})"), ("B", "(now() >= {M})"), ("B", "(timeOfDay() is Time)"), ("B", "(today() = now().dateOf())"),
    # tree and types
    ("I", "{C}.children().count()"), ("I", "{C}.descendants().count()"), ("B", "{C}.children().exists({itemX})"),
    ("S*", "{X*}.type().name"), ("S*", "{C}.type().name"), ("B", "({X} is {type})"), ("B", "{X}.is({type})"),
    ("X", "({X} as {type})"), ("X", "{X}.as({type})"), ("X*", "{X*}.ofType({type})"), ("C*", "{C}.extension({url})"),
    ("B", "{X}.hasValue()"), ("X", "{X}.getValue()"), ("S*", "{S*}.trace('t')"), ("S*", "{C}.extension({url}).value"),
    ("S*", "{S*}.sort()"), ("S*", "{S*}.sort($this desc)"), ("I*", "{I*}.sort()"), ("S*", "{C}.sort({each:S}).select({each:S})"),
    ("I", "{C}.defineVariable('v', $this).select(%v.count()).first()"), ("S*", "{S*}.defineVariable('w').select(%w.first())"),
    # operators
    ("B", "({X} = {X})"), ("B", "({S} = {S})"), ("B", "({N} = {N})"), ("B", "({Q} = {Q})"), ("B", "({A} = {A})"), ("B", "({M} = {M})"),
    ("B", "({X*} = {X*})"), ("B", "({S} != {S})"), ("B", "({X} != {X})"), ("B", "({X} ~ {X})"), ("B", "({X*} ~ {X*})"), ("B", "({S} ~ {S})"),
    ("B", "({D} ~ {D})"), ("B", "({Q} ~ {Q})"), ("B", "({X} !~ {X})"), ("B", "({N} < {N})"), ("B", "({S} < {S})"), ("B", "({A} < {A})"),
    ("B", "({M} <= {M})"), ("B", "({N} >= {N})"), ("B", "({Q} > {Q})"), ("B", "({Q} <= {Q})"), ("B", "({T} < {T})"), ("B", "({A} >= {M})"),
    ("B", "({X} in {X*})"), ("B", "({S} in {S*})"), ("B", "({S*} contains {S})"), ("B", "({B} and {B})"), ("B", "({B} or {B})"),
    ("B", "({B} xor {B})"), ("B", "({B} implies {B})"), ("B", "{B}.not()"),
]
# Functions that the peer does not have or that need a terminology server there; they have tests of their own.
NOT_COMPARED = {"getResourceKey", "getReferenceKey", "repeatAll", "conformsTo", "memberOf", "hasExtension", "resolve", "htmlChecks",
                "precision"}
KINDS = "BIDSAMTQL"


class Scope:
    """What can be reached from some items: kind → [(path, is one at most, FHIR type)]; elements → [(path, items, type)]."""

    DEPTH_MAX = 3

    def __init__(self, model, items, kind, prefix=""):
        self.model, self.paths, self.elements = model, {}, []
        if PRIMITIVES.get(kind):
            self.paths[PRIMITIVES[kind]] = [("$this", True, kind)]
        else:
            self.walk([[item] for item in items], kind, prefix, 0)

    def walk(self, groups, kind, path, depth):
        """`groups`: what the path gives for each of the items."""
        if depth >= self.DEPTH_MAX:
            return
        for name, (written, _) in self.model.types.get(kind, {}).items():
            if name in ("contained", "text", "div"):
                continue
            for json_name, element in written:
                reached = [[value for node in group if isinstance(node, dict) for value in listed(node.get(json_name))] for group in groups]
                found = [value for group in reached for value in group]
                if not found:
                    continue
                text = f"{path}.{name}" if path else name
                if len(written) > 1:
                    text += f".ofType({element})"
                made = "Q" if element in QUANTITIES else PRIMITIVES.get(element)
                if made:
                    self.paths.setdefault(made, []).append((text, all(len(group) <= 1 for group in reached), element))
                if not PRIMITIVES.get(element):
                    self.elements.append((text, found, element))
                    self.walk(reached, element, text, depth + 1)


def listed(value):
    return [] if value is None else value if isinstance(value, list) else [value]


class Expressions:
    """Makes expressions over one document after the other; counts what it used."""

    DEPTH_MAX = 3

    def __init__(self, model, rng):
        self.model, self.rng, self.used = model, rng, [0] * len(TEMPLATES)
        self.by_kind = {}
        for i, (kind, _) in enumerate(TEMPLATES):
            self.by_kind.setdefault(kind, []).append(i)

    def over(self, resource):
        self.scope = Scope(self.model, [resource], resource["resourceType"])

    def make(self):
        least = min(self.used)
        at = self.rng.choice([i for i, used in enumerate(self.used) if used == least])
        return self.fill(at, self.scope, 0)

    def fill(self, at, scope, depth):
        self.used[at] += 1
        text, inner, out, here = TEMPLATES[at][1], None, "", 0
        each = {}
        for place in re.finditer(r"\{([^{}]*)\}", text):
            out += text[here:place.start()]
            here = place.end()
            what = place[1]
            if what == "C":
                path, items, kind = self.element(scope)
                inner = Scope(self.model, items, kind)
                out += path
            elif what == "crit":
                out += self.one("B", inner, depth + 1)
            elif what.startswith("each:"):
                if what not in each:
                    each[what] = self.one(what[5:], inner, depth + 2)
                out += each[what]
            elif what in ("encoding", "target"):  # the same throughout a template
                out += each.setdefault(what, self.place(what, scope, depth))
            else:
                out += self.place(what, scope, depth)
        return out + text[here:]

    def place(self, what, scope, depth):
        rng = self.rng
        simple = {
            "small": lambda: str(rng.choice([0, 1, 2, 3])), "base": lambda: rng.choice(["2", "10", "2.5"]),
            "smallN": lambda: rng.choice(["0", "1", "2.5", "(-1)"]),
            "pattern": lambda: rng.choice(["'[a-z]+'", "'^a'", "'b$'", "'[0-9]+'", "'.*'", "'(a|b)'", "'\\\\s'"]),
            "separator": lambda: rng.choice(["','", "' '", "'a'"]), "encoding": lambda: rng.choice(["'hex'", "'base64'", "'urlbase64'"]),
            "target": lambda: rng.choice(["'html'", "'json'"]), "url": lambda: rng.choice(["'http://x/a'", "'http://x/b'"]),
            "type": lambda: rng.choice(["string", "boolean", "integer", "decimal", "date", "dateTime", "code", "Quantity", "String", "Integer",
                                        "Boolean", "System.Decimal", "FHIR.string", "CodeableConcept"]),
            "duration": lambda: rng.choice(["1 day", "2 weeks", "1 month", "13 months", "1 year", "4 years", "36 hours", "1 'd'", "30 days"]),
            "timespan": lambda: rng.choice(["1 hour", "90 minutes", "30 seconds", "1 'h'", "10 milliseconds"]),
            "children": lambda: "children()", "itemS": lambda: rng.choice(["$this.length() > 1", "$this != 'a'", "startsWith('a')"]),
            "itemX": lambda: rng.choice(["$this is string", "$this is Reference", "children().exists()", "hasValue()"]),
        }
        if what == "written":  # a decimal as it was written: its digits count
            paths = [path for path, single, _ in scope.paths.get("D", []) if single]
            return rng.choice(paths) if paths and rng.random() < 0.7 else self.literal("D")
        if what in simple:
            return simple[what]()
        if what.endswith("*"):
            return self.many(what[0], scope, depth + 1)
        return self.one(what, scope, depth + 1)

    def element(self, scope):
        if scope.elements:
            return self.rng.choice(scope.elements)
        if not self.scope.elements:
            raise LookupError
        path, items, kind = self.rng.choice(self.scope.elements)
        return "%resource." + path, items, kind

    def kind(self, what):
        if what == "X":
            return self.rng.choice(KINDS)
        return self.rng.choice("ID") if what == "N" else what

    def literal(self, kind):
        rng = self.rng
        return {
            "B": lambda: rng.choice(["true", "false"]), "I": lambda: rng.choice(["0", "1", "2", "7", "12", "(-3)"]),
            "D": lambda: rng.choice(["0.5", "1.25", "3.7", "12.75", "(-2.5)", "100.0"]), "S": lambda: quoted(rng.choice(WORDS)),
            "A": lambda: "@" + rng.choice(MOMENTS["A"]),
            "M": lambda: rng.choice(["@2021-03-04T05:06:07Z", "@2020-02-29T23:30:00+08:00", "@2021-12T", "@2019-12-31T23:59:59.123Z"]),
            "T": lambda: "@T" + rng.choice(MOMENTS["T"]), "L": lambda: rng.choice(["5L", "0L", "12L", "(-3L)"]),
            "Q": lambda: rng.choice(["(5 'mg')", "(2.5 'g')", "(1 'kg')", "(120 'mm[Hg]')", "(3 days)", "(2 weeks)", "(1 year)",
                                     "(18 months)", "(1 'a')", "(4 '1')", "(72 '/min')", "(90 minutes)"]),
        }[kind]()

    def one(self, what, scope, depth):
        """An expression that gives at most one item of the kind."""
        kind, rng = self.kind(what), self.rng
        dice = rng.random()
        if depth < self.DEPTH_MAX and dice < 0.45:
            return self.template(kind, scope, depth)
        paths = scope.paths.get(kind, [])
        if paths and dice < 0.85:
            path, single, _ = rng.choice(paths)
            if path == "$this":
                return path
            return path if single else f"{path}.{rng.choice(['first()', 'last()', 'first()'])}"
        if scope is not self.scope and kind == "I" and dice > 0.95:
            return "$index"
        return self.literal(kind)

    def many(self, what, scope, depth):
        kind, rng = self.kind(what), self.rng
        dice = rng.random()
        if depth < self.DEPTH_MAX and dice < 0.4 and kind + "*" in self.by_kind:
            return self.template(kind + "*", scope, depth)
        paths = scope.paths.get(kind, [])
        if paths and dice < 0.9:
            return rng.choice(paths)[0]
        return f"({self.literal(kind)} | {self.literal(kind)})"

    def template(self, kind, scope, depth):
        choices = [i for i in self.by_kind.get(kind, []) + (self.by_kind.get("N", []) if kind in "ID" else [])]
        if not choices:
            return self.literal(kind[0])
        two = [self.rng.choice(choices), self.rng.choice(choices)]
        return self.fill(min(two, key=lambda i: self.used[i]), scope, depth)


def functions_of(expression):
    """The names of the functions called in an expression."""
    without_texts = re.sub(r"'(?:[^'\\]|\\.)*'", "''", expression)
    return set(re.findall(r"([A-Za-z]+)\(", without_texts))
