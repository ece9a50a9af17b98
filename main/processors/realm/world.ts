/** What a processor finds around it: the lab's time and chance instead of the machine's, nothing asynchronous, nothing that is never the same. */
import { defineProperty, floor, imul, RealDate } from './primordials.ts';

export interface World {
  /** Milliseconds. */
  now: number;
  /** Chance begins anew, by what the step is for (its kind, and for that its shard and place): so it does not depend on what was processed before. */
  reseed(what: string, shard?: number, at?: string | number): void;
  random(): number;
}

const NOT_HERE: Record<string, string> = {
  setTimeout: 'There are no timers in a processor: say window: { every, run } in defineProcessor.',
  setInterval: 'There are no timers in a processor: say window: { every, run } in defineProcessor.',
  setImmediate: 'Nothing in a processor is asynchronous.',
  queueMicrotask: 'Nothing in a processor is asynchronous.',
  fetch: 'A processor has no network.',
};

/** Changes the globals of this realm, before anything of the processor runs. */
export function makeWorld(seed: number, log: (...what: unknown[]) => void): World {
  let [a, b, c, d] = [0, 0, 0, 1];
  /** What it begins anew by when it is asked for: most steps do not ask. */
  let [isToBegin, what, shard, at] = [false, '', undefined as number | undefined, undefined as string | number | undefined];

  function begin(): void {
    isToBegin = false;
    const name = shard === undefined ? what : `${what} ${shard} ${at}`;
    let hash = seed ^ 0x9e3779b9;
    for (let index = 0; index < name.length; index++) hash = imul(hash ^ name.charCodeAt(index), 0x01000193);
    [a, b, c, d] = [hash, seed, 0x6d2b79f5, 1];
    for (let times = 0; times < 12; times++) next();
  }

  // sfc32, of PractRand (public domain).
  function next(): number {
    const sum = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return (sum >>> 0) / 4_294_967_296;
  }

  const world: World = {
    now: 0,
    reseed(ofWhat, ofShard, ofPlace) {
      isToBegin = true;
      what = ofWhat;
      shard = ofShard;
      at = ofPlace;
    },
    random() {
      if (isToBegin) begin();
      return next();
    },
  };
  const { global, set } = globals();
  Math.random = world.random;
  set('Date', labDate(world));
  for (const method of ['format', 'formatToParts'] as const) timeOfDayFromLab(method, world);
  for (const name of ['WebAssembly', 'SharedArrayBuffer', 'Atomics', 'WeakRef', 'FinalizationRegistry']) delete global[name];
  for (const [name, why] of Object.entries(NOT_HERE)) {
    set(name, () => {
      throw new TypeError(why);
    });
  }
  set('console', Object.fromEntries(['log', 'info', 'warn', 'error', 'debug'].map((name) => [name, log])));
  // Stacks are told as text, and no other way.
  defineProperty(Error, 'prepareStackTrace', { value: undefined, writable: false, configurable: false });
  return world;
}

function globals(): { global: Record<string, unknown>; set: (name: string, value: unknown) => void } {
  const global = globalThis as unknown as Record<string, unknown>;
  const set = (name: string, value: unknown): void => {
    defineProperty(global, name, { value, writable: true, enumerable: false, configurable: true });
  };
  return { global, set };
}

function labDate(world: World): unknown {
  function LabDate(this: unknown, ...parts: unknown[]): unknown {
    if (!new.target) return new RealDate(world.now).toString();
    return Reflect.construct(RealDate, parts.length === 0 ? [world.now] : parts, new.target);
  }
  LabDate.prototype = RealDate.prototype;
  defineProperty(RealDate.prototype, 'constructor', { value: LabDate, writable: true, enumerable: false, configurable: true });
  for (const name of ['parse', 'UTC'] as const) defineProperty(LabDate, name, { value: RealDate[name] });
  defineProperty(LabDate, 'now', { value: () => floor(world.now) });
  defineProperty(LabDate, 'name', { value: 'Date' });
  return LabDate;
}

/** Without a time these would tell the machine's. */
function timeOfDayFromLab(method: 'format' | 'formatToParts', world: World): void {
  const { prototype } = Intl.DateTimeFormat;
  const own = Object.getOwnPropertyDescriptor(prototype, method)!;
  const told = (ask: (time?: Date | number) => unknown) => (time?: Date | number) => ask(time ?? world.now);
  if (own.get) {
    const { get } = own;
    defineProperty(prototype, method, {
      ...own,
      get(this: Intl.DateTimeFormat) {
        return told(get.call(this) as (time?: Date | number) => unknown);
      },
    });
  } else {
    const ask = own.value as (this: Intl.DateTimeFormat, time?: Date | number) => unknown;
    defineProperty(prototype, method, {
      ...own,
      value(this: Intl.DateTimeFormat, time?: Date | number) {
        return ask.call(this, time ?? world.now);
      },
    });
  }
}
