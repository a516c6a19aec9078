// The peer of bench/view.py: a ViewDefinition of flat columns worked off as the JavaScript reference engine does it (each
// path a compiled function over the parsed resource, one row object for each resource), with the compilations kept.
//
//   node view_peer.mjs NODE_MODULES VIEW.json FILE.ndjson ROUNDS ROWS.ndjson
//
// Parsing is inside the time. Prints CPU seconds of each round as JSON.
import { createRequire } from 'node:module';
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';

const [modules, viewPath, filePath, rounds, rowsPath] = process.argv.slice(2);
const require = createRequire(modules + '/');
const fhirpath = require('fhirpath');
const model = require('fhirpath/fhir-context/r4');

const userInvocationTable = {
  getReferenceKey: {
    fn: (inputs, type) => inputs.flatMap((one) => {
      const parts = String((one.data ?? one).reference ?? '').split('/');
      return parts.length >= 2 && (!type || parts.at(-2) === type.name) ? [parts.slice(-2).join('/')] : [];
    }),
    arity: { 0: [], 1: ['TypeSpecifier'] },
  },
};

const view = JSON.parse(readFileSync(viewPath, 'utf8'));
const columns = view.select.flatMap((select) => select.column).map(({ name, path }) => [
  name,
  fhirpath.compile(path, model, { userInvocationTable }),
]);

function row(resource) {
  const out = {};
  for (const [name, path] of columns) {
    const values = path(resource);
    if (values.length > 1) throw new Error(`${name}: ${values.length} values`);
    out[name] = values.length ? values[0] : null;
  }
  return out;
}

const lines = readFileSync(filePath, 'utf8').split('\n').filter((line) => line);
const seconds = [];
let cells = 0;
for (let round = 0; round < Number(rounds); ++round) {
  const start = process.cpuUsage();
  cells = 0;
  for (const line of lines) {
    const resource = JSON.parse(line);
    if (resource.resourceType !== view.resource) continue;
    for (const cell of Object.values(row(resource))) cells += cell === null ? 0 : 1;
  }
  const used = process.cpuUsage(start);
  seconds.push((used.user + used.system) / 1e6);
}
const out = openSync(rowsPath, 'w');
for (const line of lines) writeSync(out, JSON.stringify(row(JSON.parse(line))) + '\n');
closeSync(out);
console.log(JSON.stringify({ seconds, cells, peak_kib: process.resourceUsage().maxRSS }));
