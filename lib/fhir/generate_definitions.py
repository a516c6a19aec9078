#!/usr/bin/env python3
"""Compacts the FHIR R4 definitions of the specification's npm package into one text table for definitions.cc.

usage: generate_definitions.py PACKAGE_DIRECTORY OUTPUT.inc

A line is a record of tab-separated fields; lists within a field are separated by spaces (by U+001F for codes).
  T name base kind abstract                                a type; its elements follow
  E name types targets min max flags binding               flags: c choice, m modifier, s summary, - none
  K key severity human expression                          a rule between elements, of the T or E above it
  P code url type base targets expression                  a search parameter; its components follow
  C definition expression
  V url complete                                           a value set some required binding names; its codes follow
  S system codes
  Y system codes                                           a code system whose codes the package lists whole
  X url contexts types                                     an extension: where it may stand, the types of its value
Read what is written there, not more: what cannot be enumerated from the package is marked incomplete.
"""

import json
import sys
from pathlib import Path

STRUCTURE = "http://hl7.org/fhir/StructureDefinition/"
FHIR_TYPE = STRUCTURE + "structuredefinition-fhir-type"
SYSTEM_TYPE = "http://hl7.org/fhirpath/System."
CHUNK_BYTES = 16000  # of one string literal


def one_line(text):
    return " ".join(text.split())


class Definitions:
    def __init__(self, package):
        self.package = package
        self.lines = []
        self.type_of_profile = {}
        self.structures = {}
        self.extensions = []
        for file in sorted(package.glob("StructureDefinition-*.json")):
            structure = json.loads(file.read_text("utf-8"))
            if structure["type"] == "Extension" and structure.get("derivation") == "constraint":
                self.extensions.append(structure)
            self.type_of_profile[structure["url"]] = structure["type"]
            if structure["kind"] != "logical" and structure.get("derivation") != "constraint":
                self.structures[structure["type"]] = structure

    def emit(self, *fields):
        for field in fields:
            if "\t" in field or "\n" in field or ')~"' in field:
                sys.exit(f"generate_definitions: a field cannot be written: {field!r}")
        self.lines.append("\t".join(fields))

    # Types and their elements.

    def element_types(self, element, path):
        """Type names, in order; a backbone is named by its path."""
        if "contentReference" in element:
            return [element["contentReference"].split("#")[1]]
        if path in self.with_children:
            return [path]
        types = []
        for kind in element.get("type", []):
            code = kind["code"]
            if code.startswith(SYSTEM_TYPE):
                code = next((e["valueUrl"] for e in kind.get("extension", []) if e["url"] == FHIR_TYPE),
                            code.removeprefix(SYSTEM_TYPE).lower())
                if element.get("base", {}).get("path") == "Resource.id":
                    code = "id"  # the package says string; the specification's page says id
            types.append(code)
        return types

    def targets(self, element):
        names = []
        for kind in element.get("type", []):
            if kind["code"] != "Reference":
                continue
            for profile in kind.get("targetProfile", []):
                name = self.type_of_profile[profile]
                if name == "Resource":
                    return []
                if name not in names:
                    names.append(name)
        return names

    def emit_constraints(self, element):
        """The rules stated here. What is inherited names its source: it stands there, or with the element's type."""
        for rule in element.get("constraint", []):
            if "source" not in rule:
                self.emit("K", rule["key"], rule["severity"], one_line(rule["human"]), one_line(rule["expression"]))

    def emit_type(self, name, base, kind, abstract, definition, elements):
        self.emit("T", name, base, kind, "1" if abstract else "0")
        self.emit_constraints(definition)
        for element in elements:
            path = element["path"]
            last = path.rsplit(".", 1)[1]
            choice = last.endswith("[x]")
            flags = ("c" if choice else "") + ("m" if element.get("isModifier") else "") + \
                    ("s" if element.get("isSummary") else "")
            binding = element.get("binding", {})
            value_set = ""
            if binding.get("strength") == "required":
                value_set = binding.get("valueSet", "").split("|")[0]
                self.bound.add(value_set)
            maximum = "65535" if element["max"] == "*" else element["max"]
            self.emit("E", last.removesuffix("[x]"), " ".join(self.element_types(element, path)),
                      " ".join(self.targets(element)), str(element["min"]), maximum, flags or "-", value_set)
            if path not in self.with_children:
                self.emit_constraints(element)

    def emit_types(self):
        self.bound = set()
        for name, structure in sorted(self.structures.items()):
            elements = [e for e in structure["snapshot"]["element"] if "." in e["path"] and ":" not in e["id"]]
            paths = {e["path"] for e in elements}
            self.with_children = {p.rsplit(".", 1)[0] for p in paths} - {name}
            kind = {"resource": "resource", "complex-type": "complex", "primitive-type": "primitive"}[structure["kind"]]
            base = structure.get("baseDefinition", "").removeprefix(STRUCTURE)
            own = [e for e in elements if e["path"].count(".") == 1]
            if kind == "primitive":
                own = [e for e in own if e["path"] != name + ".value"]  # the JSON value itself
            self.emit_type(name, base, kind, structure["abstract"], structure["snapshot"]["element"][0], own)
            for backbone in sorted(self.with_children):
                definition = next(e for e in elements if e["path"] == backbone)
                children = [e for e in elements if e["path"].rsplit(".", 1)[0] == backbone]
                self.emit_type(backbone, definition["type"][0]["code"], "backbone", False, definition, children)

    # Search parameters.

    def emit_search_parameters(self):
        for file in sorted(self.package.glob("SearchParameter-*.json")):
            parameter = json.loads(file.read_text("utf-8"))
            if parameter["id"].startswith("example") or "base" not in parameter:
                continue  # the package's samples and templates
            self.emit("P", parameter["code"], parameter["url"], parameter["type"], " ".join(parameter["base"]),
                      " ".join(parameter.get("target", [])), one_line(parameter.get("expression", "")))
            for component in parameter.get("component", []):
                self.emit("C", component["definition"], one_line(component["expression"]))

    # Value sets.

    def codes_of(self, concepts):
        for concept in concepts:
            yield concept["code"]
            yield from self.codes_of(concept.get("concept", []))

    def below(self, concepts, code, include_self):
        for concept in concepts:
            children = concept.get("concept", [])
            if concept["code"] == code:
                return ([code] if include_self else []) + list(self.codes_of(children))
            found = self.below(children, code, include_self)
            if found is not None:
                return found
        return None

    def expand(self, url, seen=()):
        """({system: [codes]}, complete)"""
        value_set = self.value_sets.get(url)
        if value_set is None or url in seen or value_set.get("compose", {}).get("exclude"):
            return {}, False
        expansion, complete = {}, True
        for include in value_set.get("compose", {}).get("include", []):
            system = include.get("system")
            code_system = self.code_systems.get(system)
            if "valueSet" in include:
                if system or len(include["valueSet"]) != 1:
                    complete = False  # an intersection
                    continue
                part, whole = self.expand(include["valueSet"][0].split("|")[0], (*seen, url))
                complete = complete and whole
                for inner, codes in part.items():
                    expansion.setdefault(inner, []).extend(codes)
                continue
            if "concept" in include:
                codes = [c["code"] for c in include["concept"]]
            elif code_system is None or code_system["content"] != "complete":
                complete = False
                continue
            elif "filter" in include:
                rule = include["filter"][0]
                if len(include["filter"]) != 1 or rule["op"] not in ("is-a", "descendent-of"):
                    complete = False
                    continue
                codes = self.below(code_system.get("concept", []), rule["value"], rule["op"] == "is-a")
                if codes is None:
                    complete = False
                    continue
            else:
                codes = list(self.codes_of(code_system.get("concept", [])))
            expansion.setdefault(system, []).extend(codes)
        return expansion, complete

    def emit_value_sets(self):
        load = lambda pattern: {r["url"]: r for r in (json.loads(f.read_text("utf-8"))
                                                      for f in self.package.glob(pattern)) if "url" in r}
        self.value_sets, self.code_systems = load("ValueSet-*.json"), load("CodeSystem-*.json")
        for url in sorted(self.bound):
            expansion, complete = self.expand(url)
            self.emit("V", url, "1" if complete else "0")
            for system, codes in sorted(expansion.items()):
                self.emit("S", system, "\x1f".join(sorted(set(codes))))

    def emit_code_systems(self):
        for url, system in sorted(self.code_systems.items()):
            if system["content"] == "complete" and system.get("concept"):
                self.emit("Y", url, "\x1f".join(sorted(set(self.codes_of(system["concept"])))))

    # Extensions.

    def emit_extensions(self):
        for extension in sorted(self.extensions, key=lambda e: e["url"]):
            contexts = [c["expression"] for c in extension.get("context", []) if c["type"] == "element"]
            if not contexts or len(contexts) != len(extension["context"]):
                continue  # said by a path or rule we do not follow
            if "/structuredefinition-" in extension["url"]:
                continue  # the specification puts these on all its own definitions, whatever their context says
            value = next(e for e in extension["snapshot"]["element"] if e["path"] == "Extension.value[x]")
            types = [t["code"] for t in value.get("type", [])] if value["max"] != "0" else []
            self.emit("X", extension["url"], " ".join(dict.fromkeys(contexts)), " ".join(dict.fromkeys(types)))

    def text(self):
        chunk, size = [], 0
        for line in self.lines:
            chunk.append(line)
            size += len(line)
            if size > CHUNK_BYTES:
                yield 'R"~(' + "\n".join(chunk) + '\n)~"\n'
                chunk, size = [], 0
        yield 'R"~(' + "\n".join(chunk) + '\n)~"\n'


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    definitions = Definitions(Path(sys.argv[1]))
    definitions.emit_types()
    definitions.emit_search_parameters()
    definitions.emit_value_sets()
    definitions.emit_code_systems()
    definitions.emit_extensions()
    output = Path(sys.argv[2])
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text("// Made by lib/fhir/generate_definitions.py.\n" + "".join(definitions.text()), "utf-8")


main()
