/**
 * `safe` and `fast`, told apart by what a broker asks of the system. In `safe` nothing is acknowledged before the write-ahead log is synced;
 * and when the power fails, which is played here by making the files anew from what was synced (and any part of what was not), everything
 * acknowledged is there. In `fast` it need not be, and is not: so the game tells the two apart.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { builtFolder, openLab, temporaryFolder } from '../unit/openLab.ts';
import { createLedger, type Ledger } from './ledger.ts';
import { contentOf } from './logFiles.ts';
import { createRandom, type Random } from './random.ts';
import { createTracingSpawner, readTrace, requireStrace, type Step } from './strace.ts';

const SHARDS = 3;
const REQUESTS = 40;
/** Moments at which the power is made to fail. */
const FAILURES = 25;
/** What a disk writes at once, bytes; a longer write may be there in part. */
const SECTOR_BYTES = 512;

interface Traced {
  steps: Step[];
  file: string;
  /** Requests that had been acknowledged when a step was done, by the place of the step. */
  acknowledgedBefore: (at: number) => number;
  acknowledgements: number[];
  values: string[][];
  folder: string;
  ledger: Ledger;
}

/** A lab whose broker is traced from its first moment on; one request after the other. */
async function trace(durability: 'safe' | 'fast', random: Random): Promise<Traced> {
  const { folder, remove } = temporaryFolder();
  onTestFinished(remove);
  const traceFile = path.join(folder, 'trace');
  const workspace = path.join(folder, 'workspace');
  const lab = await openLab(workspace, { durability, spawner: createTracingSpawner(builtFolder, traceFile) });
  const ledger = createLedger();
  const values: string[][] = [];
  try {
    await lab.client.streams.create({ name: 'traced', shards: SHARDS });
    for (let n = 0; n < REQUESTS; n++) {
      const targets = Array.from({ length: random.between(1, 6) }, () => random.between(0, SHARDS - 1));
      const { records, acknowledge } = ledger.begin(0, targets);
      values.push(records.map(({ value }) => Buffer.from(value!).toString()));
      acknowledge(await lab.client.produce.append({ stream: 'traced', records }));
      // Longer than the broker waits before it checkpoints when idle, now and then.
      if (n % 15 === 14) await random.pause(2_500);
    }
  } finally {
    await lab.close();
  }
  const steps = readTrace(traceFile);
  // The answer to an append is the only one that says which base offset it got.
  const acknowledgements = steps.flatMap((step, at) => (step.does === 'send' && step.bytes.includes('baseOffset') ? [at] : []));
  expect(acknowledgements, 'acknowledgements that were seen on the socket').toHaveLength(REQUESTS);
  return {
    steps,
    file: path.join(workspace, 'broker-1.sqlite'),
    acknowledgements,
    acknowledgedBefore: (at) => acknowledgements.filter((each) => each < at).length,
    values,
    folder,
    ledger,
  };
}

/** Steps up to which writes to the log's write-ahead log were not synced, at each acknowledgement. */
function unsyncedAt({ steps, file, acknowledgements }: Traced): number[] {
  const unsynced: number[] = [];
  let writes = 0;
  steps.forEach((step, at) => {
    if (step.does === 'write' && step.file === `${file}-wal`) writes++;
    if (step.does === 'sync' && step.file === `${file}-wal`) writes = 0;
    if (acknowledgements.includes(at)) unsynced.push(writes);
  });
  return unsynced;
}

interface OnDisk {
  synced: Buffer;
  /** Since the last sync, in their order. */
  since: Step[];
}

function apply(content: Buffer, step: Step, bytesMax = Infinity): Buffer {
  if (step.does === 'truncate')
    return Buffer.concat([content, Buffer.alloc(Math.max(0, step.size - content.length))]).subarray(0, step.size);
  if (step.does !== 'write') return content;
  const bytes = step.bytes.subarray(0, bytesMax);
  const grown = Buffer.alloc(Math.max(content.length, step.at + bytes.length));
  content.copy(grown);
  bytes.copy(grown, step.at);
  return grown;
}

/**
 * The broker's files as a power failure before step `until` may leave them: what was synced is there; of what was not, nothing, or, where
 * `mayKeep` says so, any part in any combination, since a disk writes in its own order.
 */
function afterPowerFailure({ steps, file, folder }: Traced, until: number, name: string, mayKeep: (() => number) | null): string {
  const copy = path.join(folder, name, 'broker-1.sqlite');
  mkdirSync(path.dirname(copy), { recursive: true });
  for (const suffix of ['', '-wal']) {
    const disk: OnDisk = { synced: Buffer.alloc(0), since: [] };
    for (const step of steps.slice(0, until)) {
      if (step.does === 'send' || step.file !== file + suffix) continue;
      if (step.does === 'sync') {
        disk.synced = disk.since.reduce((content, each) => apply(content, each), disk.synced);
        disk.since = [];
      } else disk.since.push(step);
    }
    let content = disk.synced;
    if (mayKeep) for (const step of disk.since) content = keepSome(content, step, mayKeep);
    if (content.length > 0) writeFileSync(copy + suffix, content);
  }
  return copy;
}

/** The step done, not done, or done in part. */
function keepSome(content: Buffer, step: Step, next: () => number): Buffer {
  const luck = next();
  if (luck < 0.4) return content;
  if (luck < 0.8 || step.does !== 'write') return apply(content, step);
  return apply(content, step, Math.floor((next() * step.bytes.length) / SECTOR_BYTES) * SECTOR_BYTES);
}

/** How many requests, from the first on, are wholly in the file; it holds nothing else. */
function requestsIn(file: string, values: readonly string[][]): number {
  if (!existsSync(file)) return 0;
  const present = new Set(contentOf(file).found.map(({ value }) => value.toString()));
  let whole = 0;
  while (whole < values.length && values[whole]!.every((value) => present.delete(value))) whole++;
  expect([...present], 'events of a request that is not wholly there, or of one after it').toEqual([]);
  return whole;
}

describe('the durability of an acknowledgement', () => {
  beforeAll(requireStrace, 10 * 60_000);

  it('safe: the write-ahead log is synced before each one, and after a power failure all that was acknowledged is there', async () => {
    const random = createRandom(21);
    const traced = await trace('safe', random);
    expect(unsyncedAt(traced)).toEqual(traced.acknowledgements.map(() => 0));
    const first = traced.acknowledgements[0]!;
    for (let n = 0; n < FAILURES; n++) {
      const until = random.between(first + 1, traced.steps.length);
      const told = traced.acknowledgedBefore(until);
      const nothing = afterPowerFailure(traced, until, `safe-${n}`, null);
      expect(requestsIn(nothing, traced.values)).toBeGreaterThanOrEqual(told);
      const some = afterPowerFailure(traced, until, `safe-some-${n}`, () => random.between(0, 999) / 1_000);
      expect(requestsIn(some, traced.values)).toBeGreaterThanOrEqual(told);
    }
    // And the moment right after each acknowledgement, which is the one that counts.
    for (const [n, at] of traced.acknowledgements.entries()) {
      const file = afterPowerFailure(traced, at + 1, `safe-told-${n}`, null);
      expect(requestsIn(file, traced.values)).toBeGreaterThanOrEqual(n + 1);
    }
  });

  it('fast: it is not, a power failure takes the last events, and what is there is whole', async () => {
    const random = createRandom(22);
    const traced = await trace('fast', random);
    expect(unsyncedAt(traced).filter((writes) => writes > 0).length).toBeGreaterThan(REQUESTS / 2);
    let lost = 0;
    for (const [n, at] of traced.acknowledgements.entries()) {
      const file = afterPowerFailure(traced, at + 1, `fast-told-${n}`, null);
      lost += n + 1 - Math.min(n + 1, requestsIn(file, traced.values));
    }
    expect(lost).toBeGreaterThan(0);
    for (let n = 0; n < FAILURES; n++) {
      const until = random.between(traced.acknowledgements[0]! + 1, traced.steps.length);
      requestsIn(
        afterPowerFailure(traced, until, `fast-some-${n}`, () => random.between(0, 999) / 1_000),
        traced.values,
      );
    }
  });
});
