/**
 * A lab for component tests: the real contract over the real peer, in memory, answered from plain data that a test sets. `serving`
 * overrides single answers; `cut` ends the connection as a crash would, and the page connects again.
 */
import { labContract, type LabServices } from '../../main/api/index.ts';
import type { Job } from '../../main/api/jobs.ts';
import type { LabStatus } from '../../main/api/lab.ts';
import type { Lesson, LessonProgress } from '../../main/api/lessons.ts';
import { STREAM_SETTINGS_DEFAULT, type StreamSummary } from '../../main/api/streams.ts';
import { createPortPair } from '../../main/rpc/adapters/inMemory.ts';
import { createPeer, type Peer } from '../../main/rpc/peer.ts';
import { LabError } from '../../main/api/errors.ts';
import type { Link } from '../../renderer/src/transport/index.ts';

/** A value that is watched: each reader gets the newest. */
export class Watched<T> {
  #value: T;
  #wake = new Set<() => void>();

  constructor(value: T) {
    this.#value = value;
  }
  get value(): T {
    return this.#value;
  }
  set(value: T): void {
    this.#value = value;
    for (const wake of this.#wake) wake();
  }
  async *watch(signal: AbortSignal): AsyncGenerator<T> {
    while (!signal.aborted) {
      const shown = this.#value;
      yield shown;
      while (shown === this.#value && !signal.aborted) await this.#change(signal);
    }
  }
  #change(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        this.#wake.delete(wake);
        resolve();
      };
      this.#wake.add(wake);
      signal.addEventListener('abort', wake, { once: true });
    });
  }
}

export function streamSummary(name: string, perShard: number[]): StreamSummary {
  return {
    name,
    isInternal: false,
    createdAt: Date.UTC(2018, 9, 15),
    events: perShard.reduce((sum, events) => sum + events, 0),
    bytes: perShard.reduce((sum, events) => sum + events * 200, 0),
    eventsPerSecond: 0,
    bytesPerSecond: 0,
    settings: STREAM_SETTINGS_DEFAULT,
    problem: null,
    shards: perShard.map((events, shard) => ({
      shard,
      state: 'open',
      startOffset: 0n,
      endOffset: BigInt(events),
      events,
      bytes: events * 200,
      leaderEpoch: 0,
      brokerId: 1,
      available: true,
    })),
  };
}

export class FakeLab {
  streams = new Watched<StreamSummary[]>([]);
  jobs = new Watched<Job[]>([]);
  lesson = new Watched<LessonProgress | null>(null);
  status = new Watched<LabStatus>({
    brokers: [{ id: 1, state: 'up', pid: 1, restarts: 0, message: null, file: 'broker-1.sqlite' }],
    durability: 'safe',
    eventsPerSecond: 1.9,
    bytesPerSecond: 400,
    appendP99Ms: 2.1,
  });
  lessons: Lesson[] = [];
  deleted: string[] = [];
  /** While false, connecting fails. */
  reachable = true;
  #peers = new Set<Peer>();

  readonly connect = async (): Promise<Link> => {
    if (!this.reachable) throw new LabError('disconnected', 'The lab could not be reached.');
    const [near, far] = createPortPair();
    const server = createPeer(far, { serve: { contract: labContract, handlers: this.#handlers() as LabServices } });
    this.#peers.add(server);
    const peer = createPeer(near);
    return { client: peer.client(labContract), onClose: (closed) => peer.onClose(closed), close: () => peer.close() };
  };

  cut(): void {
    for (const peer of this.#peers) peer.close('The engine ended.');
    this.#peers.clear();
  }

  #handlers(): Partial<{ [D in keyof LabServices]: Partial<LabServices[D]> }> {
    const { streams, jobs, lesson, status } = this;
    return {
      lab: {
        info: () => ({
          version: '0.1.0',
          command: 'loglab',
          workspace: { name: 'Nile shop', path: '/labs/nile', isDefault: false },
          platform: 'linux',
        }),
        watch: (_input, { signal }) => status.watch(signal),
        settings: () => ({ valueBytesMax: 1024 * 1024, durability: status.value.durability, topicsMadeOnUse: true, topicShards: 1 }),
        changeSettings: ({
          valueBytesMax = 1024 * 1024,
          durability = status.value.durability,
          topicsMadeOnUse = true,
          topicShards = 1,
        }) => {
          status.set({ ...status.value, durability });
          return { valueBytesMax, durability, topicsMadeOnUse, topicShards };
        },
      },
      streams: {
        list: () => streams.value,
        watch: (_input, { signal }) => streams.watch(signal),
        create: ({ name, shards }) => {
          const made = streamSummary(
            name,
            Array.from({ length: shards }, () => 0),
          );
          streams.set([...streams.value, made]);
          return made;
        },
        delete: ({ name }) => {
          this.deleted.push(name);
          streams.set(streams.value.filter((stream) => stream.name !== name));
        },
      },
      jobs: {
        watch: (_input, { signal }) => jobs.watch(signal),
        cancel: () => {},
        dismiss: ({ id }) => jobs.set(jobs.value.filter((job) => job.id !== id)),
      },
      samples: { list: () => [] },
      lessons: {
        list: () =>
          this.lessons.map(({ id, title, steps }) => ({ id, title, summary: 'A lesson.', minutes: 5, steps: steps.length, done: 0 })),
        get: () => this.lessons[0]!,
        start: ({ id }) => lesson.set({ id, step: 0, checks: this.lessons[0]!.steps[0]!.checks.map(() => false), done: [] }),
        go: ({ step }) => lesson.set({ ...lesson.value!, step, checks: this.lessons[0]!.steps[step]!.checks.map(() => false) }),
        leave: () => lesson.set(null),
        watch: (_input, { signal }) => lesson.watch(signal),
      },
    };
  }
}
