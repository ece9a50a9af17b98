/**
 * `node tests/countReport.ts REPORT OK`: prints "passed failed" of a report that Vitest or Playwright left as JSON. A stage that failed
 * although none of its tests did (a configuration that does not load, say) counts as one failure.
 */
import { existsSync, readFileSync } from 'node:fs';

interface Report {
  numPassedTests?: number;
  numFailedTests?: number;
  stats?: { expected: number; unexpected: number; flaky: number };
}

const [, , file = '-', ok = '0'] = process.argv;
const report = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Report) : {};
let passed = report.numPassedTests ?? report.stats?.expected ?? 0;
let failed = report.numFailedTests ?? (report.stats ? report.stats.unexpected + report.stats.flaky : 0);
if (file === '-' && ok === '1') passed = 1;
if (ok === '0' && failed === 0) failed = 1;
console.log(`${passed} ${failed}`);
