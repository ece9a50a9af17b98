/**
 * `safe` and `fast`, told apart by what a broker asks of the system. In `safe` nothing is acknowledged before the write-ahead log is synced;
 * and when the power fails, which is played here by making the files anew from what was synced (and any part of what was not), everything
 * acknowledged is there. In `fast` it need not be, and is not: so the game tells the two apart.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { builtFolder, openLab, record, temporaryFolder } from '../unit/openLab.ts';
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

/** Requests that are under way at once, now and then. */
const UNDER_WAY_MAX = 5;

/** A lab whose broker is traced from its first moment on. */
async function trace(durability: 'safe' | 'fast', random: Random): Promise<Traced> {
  const { folder, remove } = temporaryFolder();
  onTestFinished(remove);
  const traceFile = path.join(folder, 'trace');
  const workspace = path.join(folder, 'workspace');
  const lab = await openLab(workspace, { durability, spawner: createTracingSpawner(builtFolder, traceFile) });
  const ledger = createLedger();
  const values: string[][] = [];
  /** Of each request. */
  const batches: number[] = [];
  try {
    await lab.client.streams.create({ name: 'traced', shards: SHARDS });
    const append = async (): Promise<void> => {
      const targets = Array.from({ length: random.between(1, 6) }, () => random.between(0, SHARDS - 1));
      const { records, acknowledge } = ledger.begin(0, targets);
      values.push(records.map(({ value }) => Buffer.from(value!).toString()));
      batches.push(new Set(targets).size);
      acknowledge(await lab.client.produce.append({ stream: 'traced', records }));
    };
    while (values.length < REQUESTS) {
      const underWay = Math.min(REQUESTS - values.length, random.chance(0.5) ? 1 : random.between(2, UNDER_WAY_MAX));
      await Promise.all(Array.from({ length: underWay }, append));
      // Longer than the broker waits before it checkpoints when idle, now and then.
      if (random.chance(0.15)) await random.pause(2_500);
    }
  } finally {
    await lab.close();
  }
  const steps = readTrace(traceFile);
  // The answer to an append is the only one that says which base offset it got, once for each of its batches; several may leave together.
  const baseOffsets = steps.flatMap((step, at) =>
    step.does === 'send'
      ? step.bytes
          .toString('latin1')
          .split('baseOffset')
          .slice(1)
          .map(() => at)
      : [],
  );
  let told = 0;
  const acknowledgements = batches.flatMap((own) => baseOffsets[(told += own) - 1] ?? []);
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

/** Whether, at each acknowledgement, events of its request had been written to the write-ahead log, and synced after that. */
function syncedAt({ steps, file, acknowledgements, values }: Traced): boolean[] {
  return acknowledgements.map((acknowledged, request) => {
    const starts = values[request]!.map((value) => value.slice(0, value.indexOf(' ') + 1));
    const own = steps.slice(0, acknowledged);
    const written = own.findIndex((step) => isWrite(step, `${file}-wal`) && starts.some((start) => step.bytes.includes(start)));
    return written >= 0 && own.some((step) => step.does === 'sync' && step.file === `${file}-wal` && step.begun > written);
  });
}

function isWrite(step: Step, file: string): step is Step & { does: 'write' } {
  return step.does === 'write' && step.file === file;
}

interface OnDisk {
  synced: Buffer;
  /** What no sync was for yet, in its order, with the places of the steps. */
  since: { step: Step; at: number }[];
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
    for (const [at, step] of steps.slice(0, until).entries()) {
      if (step.does === 'send' || step.file !== file + suffix) continue;
      if (step.does === 'sync') {
        const isSynced = (each: { at: number }): boolean => each.at < step.begun;
        disk.synced = disk.since.filter(isSynced).reduce((content, each) => apply(content, each.step), disk.synced);
        disk.since = disk.since.filter((each) => !isSynced(each));
      } else disk.since.push({ step, at });
    }
    let content = disk.synced;
    if (mayKeep) for (const { step } of disk.since) content = keepSome(content, step, mayKeep);
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
    expect(syncedAt(traced)).toEqual(traced.acknowledgements.map(() => true));
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
    expect(syncedAt(traced).filter((isSynced) => !isSynced).length).toBeGreaterThan(REQUESTS / 2);
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

  it('safe: a sync that fails acknowledges nothing, and ends the broker', async () => {
    const { folder, remove } = temporaryFolder();
    onTestFinished(remove);
    // By then it is made, and the stream; it starts again, and fails again, for a while.
    const spawner = createTracingSpawner(builtFolder, path.join(folder, 'trace'), ['-e', 'inject=fdatasync:error=EIO:when=30+']);
    const lab = await openLab(path.join(folder, 'workspace'), { durability: 'safe', spawner });
    onTestFinished(() => lab.close());
    await lab.client.streams.create({ name: 'traced', shards: 1 });
    const appends = async (): Promise<never> => {
      for (;;) await lab.client.produce.append({ stream: 'traced', records: [record('x')] });
    };
    await expect(appends()).rejects.toMatchObject({ code: 'broker-down' });
    const failures = readFileSync(path.join(folder, 'trace'), 'latin1').split('EIO').length - 1;
    expect(failures).toBeGreaterThan(0);
  });
});
