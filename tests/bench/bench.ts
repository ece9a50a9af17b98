/**
 * `npm run bench [name …]`, a name as `log`, or `processors/latency` for one part of those that have parts: measures, prints a table and writes it
 * as JSON to test-results/bench.json. Machines are noisy: what counts is the ratio of a figure to its ceiling, both measured in the same run, one
 * after the other, several times.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { arch, cpus, totalmem } from 'node:os';
import path from 'node:path';
import { appendToBroker } from './appendToBroker.ts';
import { appendToEngine } from './appendToEngine.ts';
import { importFile } from './import.ts';
import { kafka } from './kafka.ts';
import { read } from './log.ts';
import { page, pageOfTenMillion } from './page.ts';
import { processors } from './processors.ts';
import { rehearsal } from './rehearsal.ts';
import { start } from './start.ts';

export interface Figure {
  what: string;
  value: number;
  unit: string;
  /** What it is held against, in the same unit, and what the ratio (or the value) must reach. */
  ceiling?: number;
  ratio?: number;
  wanted: string;
  isMet: boolean;
}

type Bench = () => Promise<Figure[]>;

const benches: Record<string, Bench | Record<string, Bench>> = {
  append: appendToEngine,
  log: { append: appendToBroker, read, page: pageOfTenMillion },
  import: importFile,
  start,
  processors,
  page,
  rehearsal,
  kafka,
};
const root = path.join(import.meta.dirname, '../..');

const all = Object.entries(benches).flatMap(([name, bench]): [string, Bench][] =>
  typeof bench === 'function' ? [[name, bench]] : Object.entries(bench).map(([part, run]) => [`${name}/${part}`, run]),
);
const asked = process.argv.slice(2);
const isOf = (name: string, wanted: string): boolean => name === wanted || name.startsWith(`${wanted}/`);
const unknown = asked.filter((wanted) => !all.some(([name]) => isOf(name, wanted)));
if (unknown.length > 0) {
  console.error(`There is no bench “${unknown.join(', ')}”. There are: ${all.map(([name]) => name).join(', ')}.`);
  process.exit(2);
}
execFileSync(process.execPath, [path.join(root, 'main/build.ts')], { stdio: ['ignore', 2, 2] });
const figures: Figure[] = [];
for (const [name, run] of all) {
  if (asked.length > 0 && !asked.some((wanted) => isOf(name, wanted))) continue;
  console.error(`Measuring ${name}…`);
  figures.push(...(await run()));
}

const columns: [string, (figure: Figure) => string][] = [
  ['figure', (figure) => figure.what],
  ['measured', (figure) => `${format(figure.value)} ${figure.unit}`],
  ['ceiling', (figure) => (figure.ceiling === undefined ? '' : `${format(figure.ceiling)} ${figure.unit}`)],
  ['ratio', (figure) => (figure.ratio === undefined ? '' : figure.ratio.toFixed(2))],
  ['wanted', (figure) => figure.wanted],
  ['', (figure) => (figure.isMet ? 'met' : 'NOT MET')],
];
const rows = [columns.map(([title]) => title), ...figures.map((figure) => columns.map(([, cell]) => cell(figure)))];
const widths = columns.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
for (const row of rows)
  console.log(
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  );
const machine = { cores: cpus().length, cpu: cpus()[0]?.model, arch: arch(), memoryBytes: totalmem(), node: process.version };
mkdirSync(path.join(root, 'test-results'), { recursive: true });
writeFileSync(path.join(root, 'test-results/bench.json'), JSON.stringify({ at: new Date().toISOString(), machine, figures }, null, 2));

function format(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(1);
}
process.exit(figures.every((figure) => figure.isMet) ? 0 : 1);
