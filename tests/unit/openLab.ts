/**
 * A lab for tests: an engine over a workspace that goes away, real broker process included, asked through a peer as the page asks it, so
 * that inputs are validated and errors are serialized on the way.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, vi } from 'vitest';
import { type LabClient, labContract } from '../../main/api/index.ts';
import type { BrokerStatus } from '../../main/api/lab.ts';
import type { ReadChunk, ReadRecord } from '../../main/api/events.ts';
import type { Job } from '../../main/api/jobs.ts';
import type { NewRecord } from '../../main/api/values.ts';
import { createEngine, type Engine } from '../../main/engine.ts';
import { createNodeSpawner } from '../../main/processes/nodeSpawner.ts';
import type { Spawner } from '../../main/processes/spawner.ts';
import { createPortPair } from '../../main/rpc/adapters/inMemory.ts';
import { createPeer, type Peer } from '../../main/rpc/peer.ts';

export const root = path.join(import.meta.dirname, '../..');
export const builtFolder = path.join(root, 'dist/main');
export const resources = path.join(root, 'resources');

export interface TestLab {
  client: LabClient;
  engine: Engine;
  /** Another page of the same lab. */
  page(): { client: LabClient; peer: Peer };
  brokerFile: string;
  /** As it is now. */
  broker(): Promise<BrokerStatus>;
  /** SIGKILL; resolves when the engine has seen it. */
  killBroker(): Promise<void>;
  brokerUp(): Promise<void>;
  close(): Promise<void>;
}

export interface LabOptions {
  brokers?: number;
  /** Null for what the workspace has. */
  durability?: 'safe' | 'fast' | null;
  now?: () => number;
  random?: () => number;
  spawner?: Spawner;
  resources?: string;
  /** It listens for Kafka's clients, or not. */
  kafka?: { port: number | null };
}

export function temporaryFolder(): { folder: string; remove: () => void } {
  const folder = mkdtempSync(path.join(tmpdir(), 'lab-unit-'));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

export async function openLab(workspace: string, options: LabOptions = {}): Promise<TestLab> {
  const engine = await createEngine({
    workspace,
    program: 'a test',
    pid: process.pid,
    // Nothing here loses power, and each fsync costs.
    durability: 'fast',
    brokers: null,
    resources,
    version: '0.0.0',
    command: 'loglab',
    spawner: createNodeSpawner(builtFolder),
    runsProcessors: true,
    kafka: options.kafka ?? null,
    now: Date.now,
    random: Math.random,
    ...options,
  });
  const page = (): { client: LabClient; peer: Peer } => {
    const [ours, theirs] = createPortPair();
    createPeer(theirs, { serve: { contract: labContract, handlers: engine.services } });
    const peer = createPeer(ours);
    return { client: peer.client(labContract), peer };
  };
  const first = page();
  const broker = async (): Promise<BrokerStatus> => {
    for await (const { brokers } of first.client.lab.watch({})) return brokers[0]!;
    throw new Error('The state of the lab is not told any more.');
  };
  return {
    client: first.client,
    engine,
    page,
    brokerFile: path.join(workspace, 'broker-1.sqlite'),
    broker,
    async killBroker() {
      const { pid } = await broker();
      process.kill(pid!, 'SIGKILL');
      await vi.waitFor(async () => expect((await broker()).pid).not.toBe(pid), { interval: 5 });
    },
    brokerUp: () => vi.waitFor(async () => expect((await broker()).state).toBe('up'), { interval: 20 }),
    async close() {
      await engine.close();
      first.peer.close();
    },
  };
}

/** A record with a text as its value and nothing else, unless told. */
export function record(value: string | null, rest: Partial<NewRecord> = {}): NewRecord {
  return { key: null, value: value === null ? null : Buffer.from(value), headers: [], timestamp: null, shard: null, ...rest };
}

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
export const text = (content: Uint8Array | null): string | null => content && Buffer.from(content).toString();

/** All records of a range that ends, and its gaps. */
export async function readAll(chunks: AsyncIterable<ReadChunk>): Promise<{ records: ReadRecord[]; gaps: ReadChunk['gaps'] }> {
  const records: ReadRecord[] = [];
  const gaps: ReadChunk['gaps'] = [];
  for await (const chunk of chunks) {
    records.push(...chunk.records);
    gaps.push(...chunk.gaps);
  }
  return { records, gaps };
}

export const readWhole = (client: LabClient, stream: string): Promise<{ records: ReadRecord[]; gaps: ReadChunk['gaps'] }> =>
  readAll(client.events.read({ stream, from: { at: 'beginning' }, until: { at: 'now' } }));

/** The job as it stands, once `wanted` says so. */
export async function jobWhen(client: LabClient, id: string, wanted: (job: Job) => boolean): Promise<Job> {
  for await (const jobs of client.jobs.watch({})) {
    const job = jobs.find((each) => each.id === id);
    if (job && wanted(job)) return job;
  }
  throw new Error('The jobs are not told any more.');
}

export const isOver = (job: Job): boolean => job.state !== 'running';

/** The same pseudo-random numbers from the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
