/** One run of a source over typed events, apart from all streams, and what came of it as lines that can be compared. */
import type { LabClient } from '../../../../../main/api/index.ts';
import type { TestCase, TestEmission, TestPart } from '../../../../../main/api/processors.ts';
import { recordToJson } from '../../../../../main/api/recordJson.ts';
import { NO_TIMESTAMP } from '../../../../../main/api/time.ts';
import { recordsOf } from './testInput.ts';

/** Emitted events that are kept of one run; more are counted. */
export const EMISSIONS_MAX = 2_000;
const LINES_MAX = 500;

export interface TestResult {
  /** Each as a record in JSON, in the order of their emission. */
  emitted: string[];
  emissions: TestEmission[];
  /** All of them, also those that are not kept. */
  count: number;
  failures: TestPart['failures'];
  lines: string[];
}

export interface Tested {
  name: string;
  source: string;
  /** Of the source, as the lab has read it. */
  inputs: readonly string[];
  input: string;
  runOnMs: number;
}

/** Rejects with a LabError: for events that are none, and where the processor can not be loaded or is ended. */
export async function runTest(client: LabClient, tested: Tested, signal: AbortSignal): Promise<TestResult> {
  const { name, source, runOnMs } = tested;
  const records = recordsOf(tested.input, tested.inputs);
  const result: TestResult = { emitted: [], emissions: [], count: 0, failures: [], lines: [] };
  const ends = new Map<string, bigint>();
  for await (const { emissions, failures, lines } of client.processors.test({ name, source, records, runOnMs, seed: 0 }, { signal })) {
    result.count += emissions.length;
    for (const emission of emissions.slice(0, EMISSIONS_MAX - result.emitted.length)) {
      const { output, shard, timestamp, key, value, headers } = emission;
      const place = `${shard} ${output}`;
      const offset = ends.get(place) ?? 0n;
      ends.set(place, offset + 1n);
      result.emitted.push(recordToJson(output, { shard, offset, timestamp: timestamp ?? NO_TIMESTAMP, key, value, headers }));
      result.emissions.push(emission);
    }
    result.failures.push(...failures);
    result.lines.push(...lines.slice(0, LINES_MAX - result.lines.length));
  }
  return result;
}

export interface CaseResult {
  passed: boolean;
  /** What came instead, where that is something else. */
  got: string;
  /** Why it could not be run. */
  error: string | null;
}

export function compared({ expected }: TestCase, { emitted, count }: TestResult): CaseResult {
  const got = emitted.join('\n');
  return { passed: got === expected && count === emitted.length, got, error: null };
}
