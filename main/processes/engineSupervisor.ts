/**
 * Keeps one engine running: starts it, gives it its boot message, starts it again when it ends unasked, and closes it.
 * The same in both hosts; only how a child is started differs.
 */
import { deserializeError, LabError, toLabError } from '../api/errors.ts';
import { RECOVERED_AFTER_MS, restartPauseMs } from './backOff.ts';
import type { Child } from './spawner.ts';

/** An engine that is neither ready nor failed after this time is ended, milliseconds. Opening a large workspace is far below it. */
export const ENGINE_BOOT_MS_MAX = 120_000;
/** An engine that was asked to close, or has failed, and still runs after this time is ended, milliseconds. */
export const ENGINE_CLOSE_MS_MAX = 10_000;
/** After so many failures in a row, none of the engines having run for RECOVERED_AFTER_MS, no new start is tried. */
export const RAPID_FAILURES_MAX = 10;

/** What an engine is told first. */
export interface EngineBoot {
  /** Absolute folder; made where it does not exist. */
  workspace: string;
  /** Null for what the workspace has. */
  durability: 'safe' | 'fast' | null;
  brokers: number | null;
  /** Kafka's port of the first broker; null for the default, or the next free one. */
  kafkaPort: number | null;
  /** Absolute folder of samples and lessons. */
  resources: string;
  version: string;
  command: string;
  program: 'desktop' | 'serve';
  /** Where engine.js and broker.js are. */
  builtFolder: string;
}

export interface RunningEngine<C extends Child = Child> {
  child: C;
  /** Where its local socket listens, and what opens a connection there. */
  address: string;
  secret: string;
  workspace: { name: string; path: string };
  /** Where its brokers listen for Kafka's clients, host:port. */
  kafka: string[];
}

/** `message` is a sentence for people, where there is one. After `failed` and `closed` nothing is started any more. */
export interface EngineState {
  state: 'starting' | 'up' | 'down' | 'failed' | 'closed';
  message: string | null;
}

export interface SupervisorOptions<C extends Child> {
  boot: EngineBoot;
  startChild: () => C;
  onState?: (state: EngineState) => void;
}

export class EngineSupervisor<C extends Child = Child> {
  readonly #options: SupervisorOptions<C>;
  readonly #first = Promise.withResolvers<RunningEngine<C>>();
  readonly #ended = Promise.withResolvers<void>();
  #state: EngineState = { state: 'starting', message: null };
  #child: C | null = null;
  #running: RunningEngine<C> | null = null;
  /** Why the present child is about to end, where it or we have said so. */
  #failure: LabError | null = null;
  #upSinceMs: number | null = null;
  #rapidFailures = 0;
  #wasUp = false;
  #closing = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: SupervisorOptions<C>) {
    this.#options = options;
  }

  /** Resolves when the first engine is ready. Rejects with its LabError where it can not start: that start is not repeated. */
  start(): Promise<RunningEngine<C>> {
    this.#launch();
    return this.#first.promise;
  }

  /** The engine that serves now; null while there is none. */
  get running(): RunningEngine<C> | null {
    return this.#running;
  }

  get state(): EngineState {
    return this.#state;
  }

  /** Asks the engine to close and resolves when it has ended, by force after ENGINE_CLOSE_MS_MAX. */
  close(): Promise<void> {
    if (this.#closing) return this.#ended.promise;
    this.#closing = true;
    this.#running = null;
    clearTimeout(this.#timer);
    if (this.#child) {
      this.#child.post({ type: 'close' });
      this.#endWithin(ENGINE_CLOSE_MS_MAX, null);
    } else {
      this.#over('closed', null);
    }
    return this.#ended.promise;
  }

  #launch(): void {
    this.#say('starting', null);
    this.#failure = null;
    this.#upSinceMs = null;
    const child = this.#options.startChild();
    this.#child = child;
    child.onMessage((message) => this.#hear(child, message));
    child.onExit((how) => this.#hasEnded(how));
    child.post({ type: 'boot', ...this.#options.boot });
    this.#endWithin(ENGINE_BOOT_MS_MAX, `The engine was not ready after ${ENGINE_BOOT_MS_MAX / 1000} seconds.`);
  }

  #hear(child: C, message: unknown): void {
    const { type, address, secret, workspace, kafka, error } = (message ?? {}) as Partial<RunningEngine> & {
      type?: unknown;
      error?: unknown;
    };
    if (this.#closing) return;
    if (type === 'ready' && address && secret && workspace && kafka) {
      clearTimeout(this.#timer);
      this.#running = { child, address, secret, workspace, kafka };
      this.#upSinceMs = performance.now();
      this.#wasUp = true;
      this.#first.resolve(this.#running);
      this.#say('up', null);
    } else if (type === 'failed') {
      this.#failure = deserializeError(error);
      this.#endWithin(ENGINE_CLOSE_MS_MAX, null);
    }
  }

  #hasEnded(how: string): void {
    clearTimeout(this.#timer);
    this.#child = null;
    this.#running = null;
    if (this.#closing) return this.#over('closed', null);
    const wasReady = this.#upSinceMs !== null;
    const failure =
      this.#failure ??
      new LabError('internal', wasReady ? `The engine ended unasked (${how}).` : `The engine ended before it was ready (${how}).`);
    if (!this.#wasUp) return this.#over('failed', failure);
    if (wasReady && performance.now() - this.#upSinceMs! >= RECOVERED_AFTER_MS) this.#rapidFailures = 0;
    this.#rapidFailures++;
    if (this.#rapidFailures >= RAPID_FAILURES_MAX) {
      const message = `The engine ended ${RAPID_FAILURES_MAX} times in a row and is not started again. The last time: ${failure.message}`;
      return this.#over('failed', new LabError(failure.code, message, { cause: failure }));
    }
    this.#say('down', failure.message);
    // Being told, the host may have closed us.
    if (!this.#closing) this.#timer = setTimeout(() => this.#launch(), restartPauseMs(this.#rapidFailures));
  }

  /** Nothing is started any more. */
  #over(state: 'closed' | 'failed', failure: LabError | null): void {
    this.#closing = true;
    this.#first.reject(failure ?? new LabError('cancelled', 'The lab was closed before its engine was ready.'));
    // Whoever only closes us does not wait for the start.
    this.#first.promise.catch(toLabError);
    this.#say(state, failure?.message ?? null);
    this.#ended.resolve();
  }

  #endWithin(limitMs: number, why: string | null): void {
    clearTimeout(this.#timer);
    const child = this.#child;
    this.#timer = setTimeout(() => {
      if (why) this.#failure = new LabError('internal', why);
      child?.kill();
    }, limitMs);
  }

  #say(state: EngineState['state'], message: string | null): void {
    this.#state = { state, message };
    this.#options.onState?.(this.#state);
  }
}
