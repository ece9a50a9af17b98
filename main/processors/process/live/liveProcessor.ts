/** A live processor: its tasks, over connections to the brokers, and what they tell of themselves. */
import { LabError, toLabError } from '../../../api/errors.ts';
import type { BrokerClient } from '../../../cluster/brokerLink.ts';
import { brokerContract } from '../../../cluster/brokerContract.ts';
import { connectLocal } from '../../../rpc/adapters/localSocket.ts';
import { createPeer, type Peer } from '../../../rpc/peer.ts';
import type { StatePage } from '../../../api/processors.ts';
import { createPassing } from '../../../replay/passing.ts';
import type { LiveBoot } from '../../processorContract.ts';
import type { Declaration } from '../../realm/declaration.ts';
import type { Realm } from '../../realm/realm.ts';
import { LatencyMeter } from './latency.ts';
import { Report, type RunReport } from './report.ts';
import { Task } from './task.ts';
import type { Replayed } from './taskParts.ts';

/** Reports come at most this often, milliseconds. */
const REPORT_MS = 250;

export interface LiveOptions {
  boot: LiveBoot;
  realm: Realm;
  declaration: Declaration;
  burst: (steps: () => void) => Promise<void>;
}

export class LiveProcessor {
  readonly #realm: Realm;
  readonly #peers: Peer[];
  readonly #tasks: Task[];
  readonly #report: Report;
  readonly #latency: LatencyMeter;
  readonly #stop = new AbortController();
  #goOn: (() => void) | null = null;

  private constructor(realm: Realm, peers: Peer[], tasks: Task[], report: Report, latency: LatencyMeter) {
    this.#realm = realm;
    this.#peers = peers;
    this.#tasks = tasks;
    this.#report = report;
    this.#latency = latency;
  }

  /** Connects, and restores all tasks. Answers with it how many entries their stores have got. */
  static async restored({ boot, realm, declaration, burst }: LiveOptions): Promise<{ live: LiveProcessor; entries: number }> {
    const brokers = new Map<number, BrokerClient>();
    const peers: Peer[] = [];
    const report = new Report();
    const latency = new LatencyMeter();
    try {
      for (const { id, address, secret } of boot.brokers) {
        const peer = createPeer(await connectLocal(address, secret));
        peers.push(peer);
        brokers.set(id, peer.client(brokerContract).broker);
      }
      const inputsTotal = boot.tasks.reduce((sum, { inputs }) => sum + inputs.length, 0);
      const parts = {
        ...{ reader: boot.reader, guarantee: boot.guarantee, eventsAtOnce: boot.eventsAtOnce, realm, declaration, outputs: boot.outputs },
        brokers,
        report,
        latency,
        inputsTotal,
      };
      const replay = boot.replay ? createReplayed(boot.replay) : null;
      const tasks = boot.tasks.map((task) => new Task(task, { ...parts, burst, now: Date.now, pid: process.pid, replay }));
      let entries = 0;
      for (const task of tasks) entries += await task.restore();
      return { live: new LiveProcessor(realm, peers, tasks, report, latency), entries };
    } catch (error) {
      for (const peer of peers) peer.close();
      throw asBrokerDown(error);
    }
  }

  /** Of a replay: these tasks read so far from now on. */
  raise(tasks: readonly { shard: number; until: bigint }[]): void {
    const untils = new Map(tasks.map(({ shard, until }) => [shard, until]));
    for (const task of this.#tasks) {
      const until = untils.get(task.shard);
      if (until !== undefined) task.raise(until);
    }
  }

  /** What is processed is committed, then {@link run} ends. */
  stop(): void {
    this.#stop.abort();
  }

  /** See the contract. */
  async hold(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#goOn = resolve;
    await Promise.all(this.#tasks.map((task) => task.hold(promise)));
  }

  goOn(): void {
    this.#goOn?.();
    this.#goOn = null;
  }

  /** Reports until it is stopped, or the signal aborts, and once more when all is committed. */
  async *run(signal: AbortSignal): AsyncGenerator<RunReport> {
    const end = (): void => this.stop();
    signal.addEventListener('abort', end);
    if (signal.aborted) end();
    let ended: { error: unknown } | 'well' | null = null;
    const running = Promise.all(
      this.#tasks.map((task) =>
        task.run(this.#stop.signal).catch((error: unknown) => {
          end();
          throw error;
        }),
      ),
    ).then(
      () => (ended = 'well'),
      (error: unknown) => (ended = { error }),
    );
    try {
      for (;;) {
        yield this.#look();
        if (ended) break;
        let timer: NodeJS.Timeout | undefined;
        await Promise.race([running, new Promise((resolve) => (timer = setTimeout(resolve, REPORT_MS)))]);
        clearTimeout(timer);
      }
      if (ended !== 'well') throw asBrokerDown((ended as { error: unknown }).error);
    } finally {
      end();
      signal.removeEventListener('abort', end);
      await running;
    }
  }

  entries({
    store,
    shard,
    from,
    contains,
    most,
  }: {
    store: string;
    shard: number | null;
    from: string;
    contains: string;
    most: number;
  }): StatePage {
    const found: StatePage = { entries: [], size: 0 };
    for (const task of this.#tasks) {
      found.size += this.#realm.sizeOf(task.shard, store);
      if (shard !== null && task.shard !== shard) continue;
      this.#realm.listEntries(task.shard, store, from, contains, most);
      const { entries } = this.#realm;
      for (let at = 0; at < entries.count; at++)
        found.entries.push({ shard: task.shard, key: entries.keys[at]!, json: entries.values[at]! });
    }
    found.entries.sort((one, other) => (one.key < other.key ? -1 : one.key > other.key ? 1 : one.shard - other.shard));
    found.entries.splice(most);
    return found;
  }

  close(): void {
    for (const peer of this.#peers) peer.close();
  }

  #look(): RunReport {
    return {
      ...this.#report.take(),
      tasks: this.#tasks.map(({ shard, streamTime, totals, inputs }) => ({
        shard,
        streamTime,
        ...totals,
        out: { ...totals.out },
        inputs: inputs.map(({ stream, position, row }) => ({ stream, position, row })),
      })),
      latencyMs: this.#latency.percentiles(),
      memoryBytes: process.memoryUsage.rss(),
    };
  }
}

function createReplayed({ passing }: NonNullable<LiveBoot['replay']>): Replayed {
  const { selects, replayed } = createPassing(passing);
  const pass: Replayed['pass'] = (shard, record) =>
    selects(shard, record) ? { ...replayed(shard, record, BigInt(Date.now())), offset: record.offset } : null;
  return { pass };
}

/** The connection to a broker is gone; to whoever started this process, its own stands. */
function asBrokerDown(error: unknown): LabError {
  const cause = toLabError(error);
  if (cause.code !== 'disconnected') return cause;
  return new LabError('broker-down', 'A broker that the processor works with has ended.', { cause });
}
