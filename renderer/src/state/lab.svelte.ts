/**
 * The lab as the page knows it: the connection, and what the engine tells unasked. Made once; screens take it from the context.
 * While the connection is lost, what was known last stays readable.
 */
import { createContext } from 'svelte';
import { toLabError, type LabError } from '../../../main/api/errors.ts';
import type { LabClient } from '../../../main/api/index.ts';
import type { Job } from '../../../main/api/jobs.ts';
import type { LabInfo, LabStatus } from '../../../main/api/lab.ts';
import type { LessonProgress } from '../../../main/api/lessons.ts';
import type { ProcessorSummary } from '../../../main/api/processors.ts';
import type { Replay } from '../../../main/api/replays.ts';
import type { StreamSummary } from '../../../main/api/streams.ts';
import type { Link } from '../transport/index.ts';
import { Backoff } from './backoff.ts';
import { Notices, type NoticeOptions } from './notices.svelte.ts';
import { survivingClient } from './survivingClient.ts';

export class LabState {
  connection = $state<'connecting' | 'up' | 'lost'>('connecting');
  /** Why there is no connection, while there is none. */
  problem = $state.raw<LabError | null>(null);
  info = $state.raw<LabInfo | null>(null);
  status = $state.raw<LabStatus | null>(null);
  streams = $state.raw<StreamSummary[]>([]);
  /** Those that the lab keeps for itself. */
  internalStreams = $state.raw<StreamSummary[]>([]);
  /** Whether the streams have been told at all: before that, none is not empty. */
  streamsKnown = $state(false);
  jobs = $state.raw<Job[]>([]);
  processors = $state.raw<ProcessorSummary[]>([]);
  /** Whether the processors have been told at all. */
  processorsKnown = $state(false);
  replays = $state.raw<Replay[]>([]);
  /** Whether the replays have been told at all. */
  replaysKnown = $state(false);
  lesson = $state.raw<LessonProgress | null>(null);

  readonly notices = new Notices();
  /** Calls made while there is no connection reject with `disconnected`. */
  readonly client: LabClient = survivingClient(() => this.#link?.client ?? null);

  #connect: () => Promise<Link>;
  #link: Link | null = null;
  #backoff = new Backoff();
  #closed = false;

  constructor(connect: () => Promise<Link>) {
    this.#connect = connect;
    void this.#stayConnected();
  }

  stream(name: string): StreamSummary | undefined {
    const isIt = (stream: StreamSummary): boolean => stream.name === name;
    return this.streams.find(isIt) ?? this.internalStreams.find(isIt);
  }

  processor(name: string): ProcessorSummary | undefined {
    return this.processors.find((processor) => processor.name === name);
  }

  /** Says something on screen for a moment; an error stays until it is dismissed. */
  notify(message: string | LabError, options: NoticeOptions = {}): void {
    this.notices.add(message, options);
  }

  /** Runs work whose failure is to be seen. Answers undefined where it failed. An earlier failure `about` the same goes with a success. */
  async attempt<T>(work: () => Promise<T>, options: Pick<NoticeOptions, 'about' | 'reading'> = {}): Promise<T | undefined> {
    try {
      const answer = await work();
      if (options.about !== undefined) this.notices.dismissAbout(options.about);
      return answer;
    } catch (thrown) {
      this.notify(toLabError(thrown), options);
      return undefined;
    }
  }

  retryNow(): void {
    this.#backoff.wake();
  }

  close(): void {
    this.#closed = true;
    this.#link?.close();
    this.#backoff.wake();
  }

  async #stayConnected(): Promise<void> {
    while (!this.#closed) {
      try {
        const link = await this.#connect();
        const ended = new Promise<void>((resolve) => link.onClose(() => resolve()));
        if (this.#closed) return link.close();
        this.#link = link;
        this.problem = null;
        this.connection = 'up';
        this.#backoff.reset();
        this.#listen(link);
        await ended;
      } catch (thrown) {
        this.problem = toLabError(thrown);
      }
      this.#link = null;
      if (this.#closed) return;
      this.connection = 'lost';
      await this.#backoff.wait();
    }
  }

  #listen(link: Link): void {
    const { lab, streams, jobs, lessons, processors, replays } = link.client;
    void this.attempt(async () => (this.info = await lab.info({})), { reading: true });
    void this.#follow(
      link,
      () => lab.watch({}),
      (status) => (this.status = status),
    );
    void this.#follow(
      link,
      () => streams.watch({}),
      (list) => {
        this.streams = list.filter(({ isInternal }) => !isInternal);
        this.internalStreams = list.filter(({ isInternal }) => isInternal);
        this.streamsKnown = true;
      },
    );
    void this.#follow(
      link,
      () => jobs.watch({}),
      (list) => (this.jobs = list),
    );
    void this.#follow(
      link,
      () => processors.watch({}),
      (list) => {
        this.processors = list;
        this.processorsKnown = true;
      },
    );
    void this.#follow(
      link,
      () => replays.watch({}),
      (list) => {
        this.replays = list;
        this.replaysKnown = true;
      },
    );
    void this.#follow(
      link,
      () => lessons.watch({}),
      (lesson) => (this.lesson = lesson),
    );
  }

  /** Takes the items of a live stream for as long as the connection lasts; one that fails alone is opened again. */
  async #follow<T>(link: Link, open: () => AsyncIterable<T>, take: (item: T) => void): Promise<void> {
    const backoff = new Backoff();
    while (this.#link === link) {
      try {
        for await (const item of open()) {
          take(item);
          backoff.reset();
        }
      } catch (thrown) {
        if (toLabError(thrown).code === 'disconnected') return;
      }
      await backoff.wait();
    }
  }
}

export const [getLab, setLab] = createContext<LabState>();
