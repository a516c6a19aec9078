// Evaluates the lines of lib/fhirpath/main_batch.cc with HL7's fhirpath.js, in the same form of answer.
// Usage: node fhirpath_peer.cjs FOLDER-THAT-HOLDS-node_modules
'use strict';
const path = require('path');
const readline = require('readline');
const {createRequire} = require('module');
const load = createRequire(path.join(process.argv[2], 'node_modules', 'x'));
const fhirpath = load('fhirpath');
const r4 = load('fhirpath/fhir-context/r4');

const documents = new Map();
const options = {resolveInternalTypes: false, traceFn: () => {}, preciseMath: true};

function answer(line) {
  try {
    const resource = documents.get(line.document) ?? {};
    const result = fhirpath.compile(line.expression, r4, options)(resource, {resource});
    const types = fhirpath.types(result);
    const items = [];
    result.forEach((item, i) => {
      let value = fhirpath.resolveInternalTypes([item])[0];
      if (value === undefined || value === null) return;
      if (typeof value === 'bigint') value = String(value);
      items.push({type: types[i], value});
    });
    return {result: items};
  } catch (error) {
    return {error: String(error.message ?? error).slice(0, 300)};
  }
}

const lines = readline.createInterface({input: process.stdin, crlfDelay: Infinity});
const out = [];
lines.on('line', (text) => {
  const line = JSON.parse(text);
  if (line.resource) {
    documents.set(line.document, line.resource);
    return;
  }
  out.push(JSON.stringify(answer(line), (key, value) => typeof value === 'bigint' ? String(value) : value));
  if (out.length >= 1000) process.stdout.write(out.splice(0).join('\n') + '\n');
});
lines.on('close', () => out.length && process.stdout.write(out.join('\n') + '\n'));
