/**
 * What a processor is written against. A processor is a TypeScript module whose default export says what it reads, what it writes, what it
 * remembers, and what it does with each event:
 *
 *   import { defineProcessor } from 'loglab';
 *
 *   export default defineProcessor({
 *     inputs: ['raw-events'],
 *     outputs: ['orders'],
 *     onEvent(event, ctx) {
 *       if (event.value.event === 'SHOPPER_PLACED_ORDER') ctx.emit('orders', { value: event.value.order });
 *     },
 *   });
 *
 * It runs once for each shard, with stores of its own for each. Its only memory are its stores: the module may be loaded anew at any time.
 * Everything it can ask for (the time, chance, places) comes from the lab, so the same events give the same answers. It has no files, no network and
 * no modules of Node, and nothing in it is asynchronous.
 */

declare module 'loglab' {
  /** Whatever JSON can say. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  export type Json = any;

  /** An event of an input stream. */
  export interface Event<Value = Json> {
    readonly stream: string;
    readonly shard: number;
    /** A decimal string: offsets are 64-bit numbers. */
    readonly offset: string;
    /** Milliseconds since 1970-01-01 UTC; null where the record has none. */
    readonly timestamp: number | null;
    readonly key: string | null;
    /** The value as text; null where the record has none. */
    readonly text: string | null;
    /** The value, read as JSON; null where the record has none. What is not JSON throws, and so makes the event bad. */
    readonly value: Value;
    /** As text; null where a header has no value, and where it is not text in UTF-8. */
    readonly headers: readonly (readonly [name: string, value: string | null])[];
  }

  /** An event to be written. */
  export interface NewEvent {
    /** Without it: the key of the event that is processed; null in windows. The key decides the shard. */
    key?: string | null;
    /** Written as JSON; null is a record without a value. Say either `value` or `text`. */
    value?: Json;
    /** Written as it is. */
    text?: string;
    /** Milliseconds since 1970-01-01 UTC. Without it: that of the event that is processed, or the time of the window. */
    timestamp?: number;
    headers?: readonly (readonly [name: string, value: string | null])[];
  }

  /** Values by key, sorted by key (by UTF-16 code units), those of one shard. What is got and given are copies. */
  export interface Store<Value = Json> {
    get(key: string): Value | undefined;
    has(key: string): boolean;
    /** `value` must be what JSON can say, of at most 1 MiB as such. */
    set(key: string, value: Value): void;
    /**
     * Sets it where `condition` says so of what is there now (undefined: nothing is), and answers whether it did: a conditional put, as tables
     * of other systems have it.
     */
    setIf(key: string, value: Value, condition: (now: Value | undefined) => boolean): boolean;
    delete(key: string): void;
    /** Entries from `from` up to, not including, `until`, in order; without one of them from the first, or to the last. */
    range(from?: string, until?: string): Iterable<[key: string, value: Value]>;
    readonly size: number;
  }

  /** Where an address of the internet lies, as far as the geo database says. */
  export interface GeoAnswer {
    /**
     * found       the database knows something of it
     * unknown     an address that the database does not know
     * private     of a network of one's own, this machine, or of no machine at all: 10.0.0.17, ::1
     * malformed   no address of IPv4 or IPv6
     */
    readonly kind: 'found' | 'unknown' | 'private' | 'malformed';
    /** In English: Sweden. Null where it is not known, here and below. */
    readonly country: string | null;
    /** Two letters, of ISO 3166-1: SE. */
    readonly countryCode: string | null;
    readonly city: string | null;
    /** Degrees. */
    readonly latitude: number | null;
    readonly longitude: number | null;
  }

  /** The geo database: the file geo.mmdb beside the processors, or the lab's own, which knows the addresses that are kept for documentation. */
  export interface Geo {
    lookup(address: string): GeoAnswer;
  }

  /** What each handler gets. It is of use until the handler returns, in its shard: whoever keeps it for later is told so, and ends the run. */
  export interface Context {
    /** The lab's wall clock, milliseconds since 1970-01-01 UTC. `Date.now()` and `new Date()` tell the same. */
    readonly now: number;
    /**
     * How far event time has come, milliseconds since 1970-01-01 UTC: no input is known to be behind it. An input that has been silent for ten
     * seconds is not waited for. Null before the first event with a timestamp.
     */
    readonly streamTime: number | null;
    readonly shard: number;
    /** A store that was declared, of this shard. */
    store<Value = Json>(name: string): Store<Value>;
    /** Writes an event to an output that was declared. */
    emit(output: string, event: NewEvent): void;
    /** A number from 0 up to, not including, 1, from the lab's seeded source. `Math.random()` tells the same. */
    random(): number;
    readonly geo: Geo;
    /** Writes a line to the processor's log. */
    log(...what: unknown[]): void;
  }

  export interface EventContext extends Context {
    /**
     * This event is bad, for this reason. It can be said several times, so that all that is wrong is told at once. A bad event goes as it is,
     * with its reasons, to the bad stream; what was emitted and stored for it is taken back. A handler that throws says the same.
     */
    bad(reason: string): void;
  }

  /** 30 s, 5 m, 1 h, 1 d: a number and a unit. */
  export type Duration = `${number}${'' | ' '}${'ms' | 's' | 'm' | 'h' | 'd'}`;

  export interface Periodic {
    every: Duration;
    /** `time`: the moment it is run for, a multiple of `every` since 1970-01-01 UTC, milliseconds. */
    run(time: number, ctx: Context): void;
  }

  export interface Processor<Value = Json> {
    /** Names of the streams that it reads. */
    inputs: readonly string[];
    /** Names of what it writes; each goes to the stream of that name. Not `bad`, which every processor has. */
    outputs?: readonly string[];
    /** Names of its stores. */
    stores?: readonly string[];
    onEvent(event: Event<Value>, ctx: EventContext): void;
    /** Run in each shard each time that much has passed by the wall clock. */
    window?: Periodic;
    /** Run in each shard each time that much has passed in event time, as {@link Context.streamTime} tells it. */
    punctuate?: Periodic;
  }

  export function defineProcessor<Value = Json>(processor: Processor<Value>): Processor<Value>;
}

/** What is said goes to the processor's log, as with `ctx.log`. */
interface Console {
  log(...said: unknown[]): void;
  info(...said: unknown[]): void;
  warn(...said: unknown[]): void;
  error(...said: unknown[]): void;
  debug(...said: unknown[]): void;
}
// As the libraries of browsers and Node declare it, so that it is one with theirs where they are there, too.
// eslint-disable-next-line no-var
declare var console: Console;
