/**
 * The life of one deployed processor: its process is started, restored and run, started again with back-off when it ends unasked, ended when
 * nothing comes, and back with the next event. What its tasks know survives all of it.
 */
import { type LabError, toLabError } from '../api/errors.ts';
import type { ProcessorActivity, ProcessorShape, ProcessorState, ProcessorTask, StatePage } from '../api/processors.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { RECOVERED_AFTER_MS, restartPauseMs } from '../processes/backOff.ts';
import { createRateMeter, type RateMeter } from '../streams/rates.ts';
import type { StreamRegistry } from '../streams/registry.ts';
import { Activity } from './activity.ts';
import { lagOf } from './lag.ts';
import type { RunReport, Told } from './process/live/report.ts';
import { Peek, type PeekParts } from './peek.ts';
import { EVENTS_AT_ONCE_MAX, type EventUnderWay } from './processorContract.ts';
import { type ProcessorLink, startProcessor } from './processorLink.ts';
import { streamOf, type Wiring, wiringOf } from './wiring.ts';

/**
 * A processor that ends so often in a row, each time soon after its start, is not started again. One that gets on in between, and is ended by
 * something else than its own code, is as good as recovered.
 */
export const FAILURES_IN_A_ROW_MAX = 5;
/** A processor without windows to which nothing came for so long is parked, milliseconds. */
export const PARK_AFTER_MS = 30_000;
/** How long it may take to commit what it has when it is to end, milliseconds. */
const STOP_MS = 5_000;
/** The same when it is to stand still for a moment; one that is just being restored takes its time for that, too. */
const HOLD_MS = 15_000;

export interface RunnerParts extends PeekParts {
  cluster: Cluster;
  registry: StreamRegistry;
  changed: () => void;
  now: () => number;
}

export class Runner {
  readonly #parts: RunnerParts;
  readonly activity = new Activity();
  state: ProcessorState = 'paused';
  message: string | null = null;
  restarts = 0;
  #report: Omit<RunReport, keyof Told> | null = null;
  #rates: RateMeter = createRateMeter();
  #link: ProcessorLink | null = null;
  /** Counts what was asked of this runner: an older loop ends when it sees a newer number. */
  #order = 0;
  #loop: Promise<void> = Promise.resolve();
  #wake: (() => void) | null = null;
  #failures = 0;
  /** Events that were processed when it last failed. */
  #inAtFailure = 0;
  /** Where its last process was ended because of what its code did. */
  #contained: ProcessorLink['contained'] = null;
  readonly #peek: Peek;
  /** Its process has taken up its state, or has not been able to. */
  #restoring: Promise<unknown> = Promise.resolve();

  constructor(parts: RunnerParts) {
    this.#parts = parts;
    this.#peek = new Peek(parts);
  }

  /** Begins, or begins anew with what the version is now; what ran before commits what it has. */
  start(): void {
    this.#failures = 0;
    this.#say('starting', null);
    this.#follow((order) => this.#run(order));
  }

  /** It commits what it has, and stands still. Resolves when it does. */
  async pause(): Promise<void> {
    await this.#follow(() => {
      this.#say('paused', null);
      return Promise.resolve();
    });
  }

  /** Ends its process as a crash would. */
  async kill(): Promise<void> {
    await this.#link?.close();
  }

  /**
   * Its tasks commit all that they have, send what is for other brokers, and stand still until they may go on. True where they do; false where
   * no process of it runs, and what the last one was to send may still wait. One that does not come to a stand is ended, as by a crash.
   */
  async hold(goOn: Promise<void>): Promise<boolean> {
    await this.#peek.settled();
    const link = this.#link;
    if (!link) return false;
    const limit = setTimeout(() => void link.close(), HOLD_MS);
    try {
      await this.#restoring;
      await link.client.hold({});
      void goOn.then(() => link.client.goOn({})).catch(() => {});
      return true;
    } catch {
      // It has ended.
      return false;
    } finally {
      clearTimeout(limit);
    }
  }

  tasks(): ProcessorTask[] {
    const { cluster, registry, version } = this.#parts;
    if (!this.#report) return [];
    const { streams } = version().record;
    return this.#report.tasks.map(({ shard, streamTime, in: events, bad, inputs }) => ({
      shard,
      streamTime,
      in: events,
      bad,
      inputs: inputs.map(({ stream: name, position, row }) => {
        const stream = streamOf(name, streams);
        const place = registry.has(stream) ? registry.get(stream).shards[shard] : undefined;
        const state = place && cluster.state(place);
        return { stream, position, lag: state ? lagOf(state, position, row) : null };
      }),
    }));
  }

  totals(): { in: number; bad: number; out: Record<string, number> } {
    const totals = { in: 0, bad: 0, out: {} as Record<string, number> };
    if (!this.#report) return totals;
    const { streams } = this.#parts.version().record;
    for (const task of this.#report.tasks) {
      totals.in += task.in;
      totals.bad += task.bad;
      for (const [output, count] of Object.entries(task.out)) {
        const stream = streamOf(output, streams);
        totals.out[stream] = (totals.out[stream] ?? 0) + count;
      }
    }
    return totals;
  }

  rates(): { in: number; out: number } {
    const [events = 0, emitted = 0] = this.#rates.rates(this.#parts.now());
    return { in: events, out: emitted };
  }

  get latencyMs(): RunReport['latencyMs'] {
    return this.#report?.latencyMs ?? null;
  }

  get memoryBytes(): number | null {
    return this.#link ? (this.#report?.memoryBytes ?? null) : null;
  }

  /** What it has done so far is no longer that of what runs now. */
  forget(): void {
    this.#report = null;
    this.#inAtFailure = 0;
    this.restarts = 0;
    this.#rates = createRateMeter();
    this.activity.clear();
  }

  async entries(asked: { store: string; shard: number | null; from: string; contains: string; most: number }): Promise<StatePage> {
    const link = this.#link ?? (await this.#peek.link());
    return link.client.entries(asked);
  }

  /** Ends what was, then does what is next. */
  #follow(next: (order: number) => Promise<void>): Promise<void> {
    const order = ++this.#order;
    this.#wake?.();
    const stopping = this.#stop();
    this.#loop = Promise.all([this.#loop, stopping]).then(() => (order === this.#order ? next(order) : undefined));
    return this.#loop;
  }

  /** Lets the tasks commit, then ends the process. */
  async #stop(): Promise<void> {
    await this.#peek.close();
    const link = this.#link;
    if (!link) return;
    const limit = setTimeout(() => void link.close(), STOP_MS);
    // The stream of its reports ends with the last commit.
    await link.client.stop({}).catch(() => void link.close());
    await this.#running;
    clearTimeout(limit);
    await link.close();
  }
  #running: Promise<void> = Promise.resolve();

  async #run(order: number): Promise<void> {
    while (order === this.#order) {
      const startedAt = this.#parts.now();
      try {
        const isIdle = await this.#live(order);
        if (order !== this.#order) return;
        if (isIdle) await this.#parked(order);
      } catch (thrown) {
        if (order !== this.#order) return;
        if (!(await this.#afterFailure(toLabError(thrown), startedAt, order))) return;
      }
    }
  }

  /** One life of the process; ends when nothing comes (then it answers true), when it is asked to, or when its streams have changed. */
  async #live(order: number): Promise<boolean> {
    const { spawner, deployments, version } = this.#parts;
    const { record, shape, source } = version();
    this.#contained = null;
    this.#say('starting', null);
    await this.#brokersUp(order);
    await this.#parts.held();
    if (order !== this.#order) return false;
    const boot = await deployments.prepare(record, shape, source);
    const wiring = wiringOf(shape, record.streams);
    const signature = deployments.signature(wiring);
    const link = await startProcessor(spawner);
    this.#link = link;
    const ended = Promise.withResolvers<void>();
    this.#running = ended.promise;
    const stopWatching = this.#parts.registry.onChange(() => {
      if (deployments.signature(wiring) !== signature) void link.client.stop({}).catch(() => {});
    });
    try {
      await this.#parts.held();
      if (order !== this.#order) return false;
      const restoring = link.client.restore({ ...boot, eventsAtOnce: eventsAtOnce(this.#failures) });
      this.#restoring = restoring.catch(() => {});
      const { log } = await restoring;
      this.activity.take({ emitted: [], failures: [], lines: log.map((text) => ({ at: this.#parts.now(), text })), linesDropped: 0 });
      if (order !== this.#order) return false;
      this.#say('running', null);
      return await this.#follows(link, shape, record.streams);
    } catch (error) {
      const cause = toLabError(error).code === 'disconnected' ? await link.ended : error;
      this.#contained = link.contained;
      throw cause;
    } finally {
      stopWatching();
      this.#link = null;
      ended.resolve();
      await link.close();
    }
  }

  /** Takes its reports, until they end. True where that is because nothing came. */
  async #follows(link: ProcessorLink, shape: ProcessorShape, streams: Record<string, string>): Promise<boolean> {
    let isIdle = false;
    let events = -1;
    let cameAt = this.#parts.now();
    for await (const report of link.client.run({})) {
      const { emitted, failures, lines, linesDropped, gaps: _gaps, ...rest } = report;
      this.#report = rest;
      this.activity.take({ ...calledHere({ emitted, failures }, streams), lines, linesDropped });
      const totals = this.totals();
      const now = this.#parts.now();
      this.#rates.sample(now, [totals.in, Object.values(totals.out).reduce((sum, count) => sum + count, 0)]);
      if (totals.in !== events) cameAt = now;
      events = totals.in;
      this.#parts.changed();
      if (isIdle || now - cameAt <= PARK_AFTER_MS || shape.windowMs !== null || shape.punctuateMs !== null) continue;
      isIdle = true;
      void link.client.stop({}).catch(() => {});
    }
    return isIdle;
  }

  /** Its process has ended: waits until there is something to read, or its streams have changed. */
  async #parked(order: number): Promise<void> {
    const { shape, record } = this.#parts.version();
    const wiring = wiringOf(shape, record.streams);
    const isAwaited = (): boolean =>
      this.tasks().some((task) => task.inputs.some(({ lag }) => lag !== 0)) || this.tasks().length !== this.#taskCount(wiring);
    this.#say('parked', 'Nothing has come for a while, so its process has ended. It is back with the next event.');
    while (order === this.#order && !isAwaited()) await this.#change();
  }

  #taskCount({ inputs }: Wiring): number {
    const { registry } = this.#parts;
    return Math.max(0, ...inputs.map(({ stream }) => (registry.has(stream) ? registry.get(stream).shards.length : 0)));
  }

  /** The event that it was at when it was ended is shown among the failures. */
  #blame({ stream, shard, offset }: EventUnderWay, message: string, at: number): void {
    const event = { stream, offset, key: null, text: null };
    const failure = { at, shard, event, step: null, reasons: [message], place: null };
    const { streams } = this.#parts.version().record;
    this.activity.take({ ...calledHere({ emitted: [], failures: [failure] }, streams), lines: [], linesDropped: 0 });
  }

  /** True where it is to be tried again. */
  async #afterFailure(error: LabError, startedAt: number, order: number): Promise<boolean> {
    const { code, message } = error;
    const now = this.#parts.now();
    this.activity.say(message, now);
    if (this.#contained?.event) this.#blame(this.#contained.event, message, now);
    if (code === 'broker-down' || code === 'no-such-stream' || code === 'shards-missing') {
      this.#say('waiting', message);
      // The broker may not be known to be down yet; a stream may come.
      await Promise.race([this.#change(), new Promise((resolve) => setTimeout(resolve, 1_000))]);
      return order === this.#order;
    }
    const { in: events } = this.totals();
    // `bad-input`, `batch-too-large`: of what its code is, or does.
    const isOfCode = this.#contained !== null || code === 'bad-input' || code === 'batch-too-large';
    const hasGotOn = !isOfCode && events > this.#inAtFailure;
    this.#inAtFailure = events;
    this.#failures = hasGotOn || now - startedAt > RECOVERED_AFTER_MS ? 1 : this.#failures + 1;
    if (this.#failures >= FAILURES_IN_A_ROW_MAX) {
      const often = `It ended ${FAILURES_IN_A_ROW_MAX} times in a row and is not started again. The last time: ${message}`;
      this.#say('failed', often);
      return false;
    }
    this.restarts++;
    this.#say('restarting', message);
    await Promise.race([this.#change(), new Promise((resolve) => setTimeout(resolve, restartPauseMs(this.#failures)))]);
    return order === this.#order;
  }

  async #brokersUp(order: number): Promise<void> {
    const { cluster } = this.#parts;
    const down = (): number | undefined => cluster.brokers().find(({ state }) => state !== 'up')?.id;
    while (order === this.#order && down() !== undefined) {
      this.#say('waiting', `Broker ${down()} is down; it goes on when the broker is up.`);
      await this.#change();
    }
  }

  /** Resolves at the next change of brokers, shards or streams, or when something else is asked of this runner. */
  #change(): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        for (const stop of stops) stop();
        this.#wake = null;
        resolve();
      };
      const stops = [this.#parts.cluster.onChange(done), this.#parts.registry.onChange(done)];
      this.#wake = done;
    });
  }

  #say(state: ProcessorState, message: string | null): void {
    this.state = state;
    this.message = message;
    this.#parts.changed();
  }
}

/** With the names that streams have here, in place of those that the processor has for them. */
function calledHere<T extends Pick<ProcessorActivity, 'emitted' | 'failures'>>({ emitted, failures }: T, streams: Record<string, string>) {
  const here = (name: string): string => streamOf(name, streams);
  return {
    emitted: emitted.map((one) => ({ ...one, output: here(one.output), of: one.of && { ...one.of, stream: here(one.of.stream) } })),
    failures: failures.map((one) => ({ ...one, event: one.event && { ...one.event, stream: here(one.event.stream) } })),
  };
}

/** After each failure in a row fewer: so all that comes before the event at which it ends is done once and for all. */
export function eventsAtOnce(failures: number): number {
  return failures === 0 ? EVENTS_AT_ONCE_MAX : Math.max(1, 1_000 / 10 ** failures);
}
