/**
 * The inside of a realm: a context of its own in which a processor runs. What lies around it (sandbox.ts) calls the functions below, with
 * strings and numbers, and reads strings and numbers (and fills one array of bytes); no object of the outside ever comes in, since from one a program finds its way out.
 * It is bundled into one script, which is the first that runs in the context.
 */
import type { Context, Event, EventContext, Processor } from 'loglab';
import { declarationOf, type Declaration } from './declaration.ts';
import { createEvents } from './events.ts';
import { placeIn, placeOf } from './failures.ts';
import { GeoFile } from './geo.ts';
import { Entries, type Failure, type Outcome, Recording } from './outcome.ts';
import { freeze, parse, stringify } from './primordials.ts';
import { ShardStores } from './stores.ts';
import { makeWorld } from './world.ts';

/** A module of a processor, as compile.ts has made it. */
export type Module = (exports: { default?: unknown; [LINE]?: unknown }, require: (name: string) => unknown) => void;

/** JSON of what has become of loading. */
export type Loaded = { declaration: Declaration; log: string[] } | { failure: Failure };

export interface Realm {
  /** Room in the realm for the geo database, so many bytes: to be filled, then {@link openGeo}. */
  geoRoom(size: number): Uint8Array;
  /** Says why it is none that can be read, or null. */
  openGeo(): string | null;
  /** Runs the module, once. A {@link Loaded}, as JSON. */
  load(module: Module, fileName: string): string;
  /** From now on it is so late, milliseconds; `streamTime` NaN where there is none. */
  setTime(now: number, streamTime: number): void;
  /** One step each; what it has done is in `outcome` until the next. `timestamp` NaN for none; `headers` JSON, null for none. */
  event(
    stream: string,
    shard: number,
    offset: string,
    timestamp: number,
    key: string | null,
    text: string | null,
    headers: string | null,
  ): void;
  window(shard: number, time: number): void;
  punctuate(shard: number, time: number): void;
  readonly outcome: Outcome;
  /** What a store had before; null takes an entry away. */
  restore(shard: number, store: string, key: string, json: string | null): void;
  /** Begins to go through all entries of a shard, in no order, while steps go on between the slices. */
  beginEntries(shard: number): void;
  /** The next ones are in `entries`, at most so many; none at the end. */
  nextEntries(shard: number, most: number): void;
  /** The first entries of a store from a key on, those with this text in them, are in `entries`. */
  listEntries(shard: number, store: string, from: string, contains: string, most: number): void;
  readonly entries: Entries;
  /** How many entries a store has. */
  sizeOf(shard: number, store: string): number;
  /** What used a context after its step, and where; null where nothing did. From then on what it keeps may depend on chance. */
  late(): string | null;
  /** The line of the file that ran last in this step, where the module tells it (process/rehearsal/tracedLines.ts); else 0. */
  line(): number;
}

/** Under this name a module whose lines are traced exports what tells the last one, and sets it to 0 first. */
const LINE = 'loglab line';

/** `seed`: of all chance, 32 bits. */
export function createRealm(seed: number): Realm {
  const recording = new Recording();
  const entries = new Entries();
  const events = createEvents();
  const geoFile = new GeoFile();
  const geo = freeze({ lookup: (address: string) => geoFile.lookup(address) });
  const iterators = new Map<number, Iterator<[string, string, string]>>();
  const log = (...what: unknown[]): void => recording.log(what.map(said).join(' '));
  const world = makeWorld(seed, log);
  const shards = new Map<number, { number: number; stores: ShardStores; context: EventContext }>();
  /** The one that was asked for last. */
  let latest: { number: number; stores: ShardStores; context: EventContext } | null = null;
  let fileName = '';
  let ownModule: Module | null = null;
  let streamTime = Number.NaN;
  let processor: Processor | undefined;
  let declaration: Declaration | undefined;
  /** What chance begins anew by for an event, by its stream: the place of this among the inputs, so that a program that only calls it otherwise has the same. */
  const chanceOf = new Map<string, string>();
  /** The event of the step; null in a window. */
  let current: Event | null = null;
  let stepTime = 0;
  /** That of the step under way; null between two. */
  let stepShard: number | null = null;
  let late: string | null = null;
  let lineOf: ((next: number) => unknown) | null = null;

  function shardOf(number: number): { stores: ShardStores; context: EventContext } {
    if (latest?.number === number) return latest;
    latest = shards.get(number) ?? made(number);
    return latest;
  }

  function made(number: number): { number: number; stores: ShardStores; context: EventContext } {
    const stores = new ShardStores(declaration!.stores, () => assertUnderWay(number));
    const shard = { number, stores, context: contextOf(number, stores) };
    shards.set(number, shard);
    return shard;
  }

  /**
   * A context is for the steps of its shard. What uses it later, or keeps it for another shard, would slip what it does under a step that it has
   * nothing to do with.
   */
  function assertUnderWay(shard: number): void {
    if (stepShard === shard) return;
    if (stepShard !== null) throw new TypeError(`This is of shard ${shard}, and the step of shard ${stepShard}: use the ctx that it gets.`);
    const error = new TypeError(
      'Nothing in a processor is asynchronous: what it does after its step is lost. Take async, await and then away.',
    );
    late ??= told(failureOf(error));
    throw error;
  }

  function contextOf(shard: number, stores: ShardStores): EventContext {
    const outputs = declaration!.outputs;
    return freeze({
      get now() {
        return world.now;
      },
      get streamTime() {
        return streamTime === streamTime ? streamTime : null;
      },
      shard,
      store: (name) => stores.get(name),
      emit(output, event) {
        assertUnderWay(shard);
        if (!outputs.includes(output))
          throw new TypeError(`There is no output “${output}”: say outputs: ['${output}'] in defineProcessor.`);
        if (typeof event !== 'object' || event === null) throw new TypeError(`ctx.emit('${output}', { value }) takes an object.`);
        recording.emit(output, event, current ? current.key : null, current ? (current.timestamp ?? Number.NaN) : stepTime);
      },
      random: world.random,
      geo,
      log,
      bad(reason) {
        assertUnderWay(shard);
        if (!current) throw new TypeError('Only an event can be bad: ctx.bad is for onEvent.');
        recording.bad(typeof reason === 'string' ? reason : said(reason));
      },
    } satisfies EventContext) as EventContext;
  }

  function failureOf(thrown: unknown): Failure {
    return { message: messageOf(thrown), place: placeIn(thrown, fileName) };
  }

  const told = ({ message, place }: Failure): string => (place ? `${message} (${fileName}:${place.line})` : message);

  function asynchronous(handler: unknown): Failure {
    const message = 'TypeError: It returned a promise: nothing in a processor is asynchronous. Take async and await away.';
    return { message, place: placeOf(handler, ownModule) };
  }

  /** What it throws is told; what it changed is taken back where it failed. */
  function step(shard: number, what: string, at: string | number, run: (context: EventContext) => unknown): Failure | null {
    const { stores, context } = shardOf(shard);
    recording.begin();
    world.reseed(what, shard, at);
    lineOf?.(0);
    let failure: Failure | null = null;
    stepShard = shard;
    try {
      const returned = run(context);
      if (isThenable(returned)) failure = asynchronous(current ? processor!.onEvent : processor![what as 'window' | 'punctuate']!.run);
    } catch (thrown) {
      failure = failureOf(thrown);
    }
    stepShard = null;
    if (failure || recording.isBad) stores.takeBack();
    else stores.keep(recording.outcome);
    return failure;
  }

  const onEvent = (context: EventContext): unknown => processor!.onEvent(current!, context);

  function periodic(kind: 'window' | 'punctuate', shard: number, time: number): void {
    current = null;
    stepTime = time;
    recording.end(step(shard, kind, time, (context) => processor![kind]!.run(time, context as Context)));
  }

  return {
    geoRoom: (size) => geoFile.room(size),
    openGeo: () => geoFile.open(),
    load(module, name) {
      fileName = name;
      ownModule = module;
      recording.begin();
      world.reseed('load');
      try {
        const exports: { default?: unknown; [LINE]?: unknown } = {};
        module(exports, required);
        if (typeof exports[LINE] === 'function') lineOf = exports[LINE] as typeof lineOf;
        ({ processor, declaration } = declarationOf(exports.default));
        declaration.inputs.forEach((stream, place) => chanceOf.set(stream, `input ${place}`));
      } catch (thrown) {
        return stringify({ failure: failureOf(thrown) } satisfies Loaded);
      }
      recording.end(null);
      const lines = recording.outcome.log;
      return stringify({ declaration, log: lines === null ? [] : (parse(lines) as string[]) } satisfies Loaded);
    },
    setTime(now, time) {
      world.now = now;
      streamTime = time;
    },
    event(stream, shard, offset, timestamp, key, text, headers) {
      current = events.made(stream, shard, offset, timestamp, key, text, headers);
      const failure = step(shard, chanceOf.get(stream) ?? stream, offset, onEvent);
      // What it throws is a reason like others.
      if (failure) recording.bad(told(failure));
      recording.end(null);
    },
    window: (shard, time) => periodic('window', shard, time),
    punctuate: (shard, time) => periodic('punctuate', shard, time),
    outcome: recording.outcome,
    restore: (shard, store, key, json) => shardOf(shard).stores.restore(store, key, json),
    beginEntries(shard) {
      iterators.set(shard, shardOf(shard).stores.entries());
    },
    nextEntries(shard, most) {
      entries.count = 0;
      while (entries.count < most) {
        const next = iterators.get(shard)?.next();
        if (!next || next.done) return;
        entries.add(...next.value);
      }
    },
    listEntries: (shard, store, from, contains, most) => shardOf(shard).stores.list(store, from, contains, most, entries),
    entries,
    sizeOf: (shard, store) => shardOf(shard).stores.size(store),
    late: () => late,
    line() {
      const line = lineOf?.(-1);
      return typeof line === 'number' ? line : 0;
    },
  };
}

function required(name: string): unknown {
  if (name === 'loglab') return { defineProcessor: (processor: unknown) => processor };
  throw new TypeError(`A processor imports from 'loglab' alone; there is no '${name}' here.`);
}

function isThenable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}

/** As a person would write it. */
function said(what: unknown): string {
  if (typeof what === 'string') return what;
  if (what instanceof Error) return messageOf(what);
  try {
    return (stringify(what) as string | undefined) ?? String(what);
  } catch {
    return String(what);
  }
}

/** Whatever was thrown may not be an Error, and may lie about what it is. */
function messageOf(thrown: unknown): string {
  try {
    if (thrown instanceof Error)
      return thrown.name === 'Error' ? String(thrown.message) : `${String(thrown.name)}: ${String(thrown.message)}`;
    return `It threw ${said(thrown)}`;
  } catch {
    return 'It threw something that can not be told.';
  }
}
