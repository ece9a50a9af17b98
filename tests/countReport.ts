/**
 * `node tests/countReport.ts REPORT OK FAILURES`: prints "passed failed" of a report that Vitest or Playwright left as JSON, and appends
 * each failed test with its first message to the file FAILURES. A stage that failed although none of its tests did (a configuration that
 * does not load, say) counts as one failure.
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';

/** Lines of a failure's message that are kept; the whole of it stands in the stage's own output. */
const MESSAGE_LINES_MAX = 30;

interface VitestReport {
  numPassedTests: number;
  numFailedTests: number;
  testResults: { name: string; message?: string; status?: string; assertionResults: VitestResult[] }[];
}
interface VitestResult {
  fullName: string;
  status: string;
  failureMessages?: string[];
}
interface PlaywrightReport {
  stats: { expected: number; unexpected: number; flaky: number };
  suites?: PlaywrightSuite[];
}
interface PlaywrightSuite {
  title: string;
  suites?: PlaywrightSuite[];
  specs?: { title: string; file: string; tests: { status: string; results: { errors?: { message?: string }[] }[] }[] }[];
}
interface Failure {
  test: string;
  message: string;
}

const [, , file = '-', ok = '0', failuresFile] = process.argv;
const report = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as VitestReport | PlaywrightReport) : undefined;
let { passed, failed, failures } = counted(report);
if (file === '-' && ok === '1') passed = 1;
if (ok === '0' && failed === 0) {
  failed = 1;
  failures = [{ test: `the stage of ${file}`, message: 'It failed without a failed test.' }, ...failures];
}
if (failuresFile) for (const failure of failures) appendFileSync(failuresFile, written(failure));
console.log(`${passed} ${failed}`);

function counted(of: VitestReport | PlaywrightReport | undefined): { passed: number; failed: number; failures: Failure[] } {
  if (!of) return { passed: 0, failed: 0, failures: [] };
  if ('stats' in of) {
    const { expected, unexpected, flaky } = of.stats;
    return { passed: expected, failed: unexpected + flaky, failures: (of.suites ?? []).flatMap(failuresOfSuite) };
  }
  return { passed: of.numPassedTests, failed: of.numFailedTests, failures: of.testResults.flatMap(failuresOfFile) };
}

function failuresOfFile(result: VitestReport['testResults'][number]): Failure[] {
  const failures = result.assertionResults
    .filter((one) => one.status === 'failed')
    .map((one) => ({ test: `${result.name} › ${one.fullName}`, message: one.failureMessages?.join('\n') ?? '' }));
  // A file that could not be loaded has no tests of its own.
  if (failures.length === 0 && result.status === 'failed') failures.push({ test: result.name, message: result.message ?? '' });
  return failures;
}

function failuresOfSuite(suite: PlaywrightSuite): Failure[] {
  const own = (suite.specs ?? []).flatMap((spec) =>
    spec.tests
      .filter((test) => test.status === 'unexpected' || test.status === 'flaky')
      .map((test) => ({
        test: `${spec.file} › ${spec.title}`,
        message: test.results.flatMap((result) => (result.errors ?? []).map((error) => error.message ?? '')).join('\n'),
      })),
  );
  return [...own, ...(suite.suites ?? []).flatMap(failuresOfSuite)];
}

function written({ test, message }: Failure): string {
  const lines = stripVTControlCharacters(message).split('\n').slice(0, MESSAGE_LINES_MAX);
  return `FAILED ${test}\n${lines.map((line) => `  ${line}`).join('\n')}\n`;
}
