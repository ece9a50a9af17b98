/**
 * Hostile frames. A million are given to what reads requests, in pieces as from a byte stream: each is read or refused, and memory stays bounded.
 * More of them go over the sockets of a served lab: each is answered or ends its connection, a client beside them goes on as before, and the
 * broker's memory stays bounded.
 */
import { readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { once } from 'node:events';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { LabError } from '../../main/api/errors.ts';
import { apis } from '../../main/endpoints/kafka/apis/index.ts';
import { readExchange, Unreadable } from '../../main/endpoints/kafka/exchange.ts';
import { Frames } from '../../main/endpoints/kafka/frames.ts';
import { decodeBatch } from '../../main/log/index.ts';
import { batch, WireClient } from '../unit/endpoints/kafka/wireClient.ts';
import { readWhole, seeded, temporaryFolder, text } from '../unit/openLab.ts';
import type { HostileCount, HostileWork } from './hostileClients.ts';
import { createFrames, TARGET } from './hostileFrames.ts';
import { connect } from './producers.ts';
import { processesOf } from './processTree.ts';
import { serve } from './servedLab.ts';

const FRAMES = 1_000_000;
/**
 * Over sockets: one in four ends its connection, and each new one costs. A frame takes the broker 0.2 ms of a core, so a million would take it more
 * than three minutes for itself alone; these take about two and a half beside their clients on two cores.
 */
const SENT_FRAMES = 300_000;
const TEST_MS_MAX = 15 * 60_000;
/** Most that memory may grow where frames are only read, bytes: a request is let go of before the next one. */
const READING_GROWTH_BYTES_MAX = 256 * 1024 * 1024;
/** Most that the broker's memory may grow while it is attacked, bytes: what connections may hold (memory.ts), and what the collector has not collected. */
const GROWTH_BYTES_MAX = 512 * 1024 * 1024;
/** Longest that the good client may wait for one event to be there and read back, milliseconds. */
const GOOD_MS_MAX = 10_000;
/** Between its events: enough to see that it goes on, and not a load of its own. */
const GOOD_INTERVAL_MS = 25;
const GOOD = 'good';

it(
  'given to what reads requests, each of a million is read or refused, and memory stays bounded',
  () => {
    const next = createFrames(seeded(Number(process.env.FAULTS_SEED)));
    const count = { read: 0, refused: 0 };
    const before = process.memoryUsage.rss();
    let most = before;
    for (let index = 0; index < FRAMES; index++) {
      count[outcomeOf(next(index).bytes)] += 1;
      if (index % 10_000 === 0) most = Math.max(most, process.memoryUsage.rss());
    }
    console.log(`${FRAMES} frames: ${count.read} read, ${count.refused} refused; memory ${mb(before)} MB before, ${mb(most)} MB at most`);
    expect(count.read).toBeGreaterThan(FRAMES / 4);
    expect(count.refused).toBeGreaterThan(FRAMES / 20);
    expect(most - before).toBeLessThan(READING_GROWTH_BYTES_MAX);
  },
  TEST_MS_MAX,
);

/** Throws whatever is neither a request nor a refusal. */
function outcomeOf(bytes: Buffer): 'read' | 'refused' {
  const frames = new Frames();
  const half = bytes.length >> 1;
  try {
    const whole = [...frames.take(bytes.subarray(0, half)), ...frames.take(bytes.subarray(half))];
    // One that says that it is longer than it is has not come yet.
    for (const frame of whole) readExchange(frame);
    return whole.length > 0 ? 'read' : 'refused';
  } catch (error) {
    const why = error instanceof Unreadable ? error.cause : error;
    if (why instanceof LabError && why.code === 'protocol') return 'refused';
    throw error;
  }
}

it(
  'sent to a served lab, they end their connection or get an answer; another client goes on, and memory stays bounded',
  async () => {
    const { folder, remove } = temporaryFolder();
    const serving = await serve(folder, 1);
    onTestFinished(async () => {
      const ended = once(serving.child, 'exit');
      if (serving.child.exitCode === null && serving.child.kill('SIGTERM')) await ended;
      remove();
    });
    const { client: lab, close } = await connect(serving.url);
    onTestFinished(close);
    for (const name of [GOOD, TARGET]) await lab.streams.create({ name, shards: 1 });
    const broker = processesOf(serving.child.pid!).brokers[0]!;
    const memory = { before: 0, most: 0 };

    const good = await WireClient.to(serving.kafka[0]!);
    await goesOn(good, 0);
    memory.before = residentBytes(broker);
    const attack = startAttack(serving.kafka[0]!);
    let slowestMs = 0;
    let events = 1;
    for (; !attack.isDone(); events++) {
      const began = performance.now();
      await goesOn(good, events);
      slowestMs = Math.max(slowestMs, performance.now() - began);
      memory.most = Math.max(memory.most, residentBytes(broker));
      await sleep(GOOD_INTERVAL_MS);
    }
    const count = await attack.done;

    console.log(
      `${SENT_FRAMES} frames: ${count.answered} answered, ${count.silent} to which none is due, ${count.closed} ended their connection, ${count.left} left by their client; ` +
        `${events} events of another client beside them, the slowest after ${Math.round(slowestMs)} ms; ` +
        `memory ${mb(memory.before)} MB before, ${mb(memory.most)} MB at most`,
    );
    expect(count.answered).toBeGreaterThan(SENT_FRAMES / 4);
    expect(count.closed).toBeGreaterThan(SENT_FRAMES / 20);
    expect(slowestMs).toBeLessThan(GOOD_MS_MAX);
    expect(memory.most - memory.before).toBeLessThan(GROWTH_BYTES_MAX);
    // The same process, never started again, and nothing of the good client's is missing or changed.
    expect(processesOf(serving.child.pid!).brokers).toEqual([broker]);
    const { records, gaps } = await readWhole(lab, GOOD);
    expect(gaps).toEqual([]);
    expect(records.map(({ value }) => text(value))).toEqual(Array.from({ length: events }, (_, index) => `event ${index}`));
  },
  TEST_MS_MAX,
);

/** Appends one event and reads it back. */
async function goesOn(client: WireClient, index: number): Promise<void> {
  const produced = await client.ask(apis.produce, 9, {
    ...{ acks: -1, timeoutMs: GOOD_MS_MAX },
    topicData: [{ name: GOOD, partitionData: [{ index: 0, records: batch([`event ${index}`]) }] }],
  });
  expect(produced.responses[0]!.partitionResponses[0]).toMatchObject({ errorCode: 0, baseOffset: BigInt(index) });
  const fetched = await client.ask(apis.fetch, 12, {
    ...{ maxWaitMs: GOOD_MS_MAX, minBytes: 1 },
    topics: [{ topic: GOOD, partitions: [{ partition: 0, fetchOffset: BigInt(index), partitionMaxBytes: 1_000_000 }] }],
  });
  const { errorCode, records } = fetched.responses[0]!.partitions[0]!;
  expect(errorCode).toBe(0);
  expect(decodeBatch(records!).map(({ value }) => text(value))).toEqual([`event ${index}`]);
}

function startAttack(address: string): { isDone: () => boolean; done: Promise<HostileCount> } {
  const work: HostileWork = { address, seed: Number(process.env.FAULTS_SEED), frames: SENT_FRAMES };
  const worker = new Worker(path.join(import.meta.dirname, 'hostileClients.ts'), { workerData: work, execArgv: [] });
  onTestFinished(() => void worker.terminate());
  let isDone = false;
  const { promise, resolve, reject } = Promise.withResolvers<HostileCount>();
  worker.on('message', (count: HostileCount) => {
    isDone = true;
    resolve(count);
  });
  worker.on('error', (error) => {
    isDone = true;
    reject(error);
  });
  return { isDone: () => isDone, done: promise };
}

function residentBytes(pid: number): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))!;
  return Number(kilobytes) * 1024;
}

const mb = (bytes: number): number => Math.round(bytes / 1024 / 1024);
