// The cases of bench/fhirpath.py on HL7's fhirpath.js, compiled with the R4 model: evaluations a second, best of many
// short batches, as JSON. Usage: node fhirpath_peer.cjs FOLDER-THAT-HOLDS-node_modules CASES DOCUMENTS
'use strict';
const fs = require('fs');
const path = require('path');
const {createRequire} = require('module');
const [folder, casesFile, documentsFile] = process.argv.slice(2);
const load = createRequire(path.join(folder, 'node_modules', 'x'));
const fhirpath = load('fhirpath');
const r4 = load('fhirpath/fhir-context/r4');

const BATCHES = 60;
const BATCH_MS = 10;
const lines = (file) => fs.readFileSync(file, 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line));
const documents = lines(documentsFile);
const rates = {};
for (const {name, type, expression} of lines(casesFile)) {
  const evaluate = fhirpath.compile(expression, r4);
  const list = documents.filter((document) => document.resourceType === type);
  let items = 0;
  const run = (times) => {
    const start = performance.now();
    for (let i = 0; i < times; i++) for (const document of list) items += evaluate(document).length;
    return performance.now() - start;
  };
  for (let i = 0; i < 3; i++) run(Math.ceil(300 / list.length)); // warm
  let times = 1;
  while (run(times) < BATCH_MS) times *= 2;
  let best = Infinity;
  for (let batch = 0; batch < BATCHES; batch++) best = Math.min(best, run(times) / times);
  rates[name] = Math.round(list.length / best * 1000);
}
console.log(JSON.stringify(rates));
