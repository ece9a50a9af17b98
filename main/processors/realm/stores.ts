/**
 * The stores of one shard: JSON by key, so that what is given out is a copy, and what was given in is one. Each change notes what was there
 * before: a step can be taken back.
 */
import type { Store } from 'loglab';
import { CHANGED_CHARACTERS_MAX, STORE_KEY_CHARACTERS_MAX, STORE_VALUE_CHARACTERS_MAX } from './limits.ts';
import type { Entries, Outcome } from './outcome.ts';
import { parse, stringify } from './primordials.ts';
import { SortedKeys } from './sortedKeys.ts';

interface Change {
  name: string;
  store: KeyedJson;
  key: string;
  /** Undefined where nothing was. */
  before: string | undefined;
}

class KeyedJson {
  readonly values = new Map<string, string>();
  /** Once the order was asked for: many a store is never gone through, and is restored in half the time. */
  #keys: SortedKeys | null = null;

  put(key: string, json: string | undefined): void {
    if (json === undefined) {
      this.values.delete(key);
      this.#keys?.delete(key);
      return;
    }
    if (this.#keys && !this.values.has(key)) this.#keys.add(key);
    this.values.set(key, json);
  }

  *range(from: string, until: string | undefined): Generator<[string, string]> {
    const keys = (this.#keys ??= new SortedKeys([...this.values.keys()].sort()));
    // From key to key: it may be changed while it is gone through.
    for (let key = keys.atOrAfter(from); key !== undefined; key = keys.after(key)) {
      if (until !== undefined && key >= until) return;
      yield [key, this.values.get(key)!];
    }
  }
}

export class ShardStores {
  readonly #stores = new Map<string, Store>();
  readonly #contents = new Map<string, KeyedJson>();
  #changes: Change[] = [];
  #changedCharacters = 0;
  readonly #assertUsable: () => void;

  /** `assertUsable` throws where they may not be used right now. */
  constructor(names: readonly string[], assertUsable: () => void) {
    this.#assertUsable = assertUsable;
    for (const name of names) this.#stores.set(name, this.#made(name));
  }

  get(name: string): Store {
    const store = this.#stores.get(name);
    if (store) return store;
    throw new TypeError(`There is no store “${name}”: say stores: ['${name}'] in defineProcessor.`);
  }

  /** What was changed since the last step stays. */
  keep(outcome: Outcome): void {
    const count = this.#changes.length;
    if (count === 0) return;
    for (let at = 0; at < count; at++) {
      const { name, store, key } = this.#changes[at]!;
      outcome.changedStores[at] = name;
      outcome.changedKeys[at] = key;
      // As it is after the step: of several changes of a key the last one counts.
      outcome.changedValues[at] = store.values.get(key) ?? null;
    }
    outcome.changes = count;
    this.#changes = [];
    this.#changedCharacters = 0;
  }

  /** What was in a store before; one that is not declared any more is passed over. */
  restore(name: string, key: string, json: string | null): void {
    this.#contents.get(name)?.put(key, json ?? undefined);
  }

  /** All entries, in no order, also while they change: each that is there all the while comes once. */
  *entries(): Generator<[store: string, key: string, json: string]> {
    for (const [name, { values }] of this.#contents) for (const [key, json] of values) yield [name, key, json];
  }

  /** The first entries of a store from a key on whose key or value has this text in it; at most so many. */
  list(name: string, from: string, contains: string, most: number, into: Entries): void {
    into.count = 0;
    for (const [key, json] of this.#contents.get(name)?.range(from, undefined) ?? []) {
      if (contains !== '' && !key.includes(contains) && !json.includes(contains)) continue;
      into.add(name, key, json);
      if (into.count === most) return;
    }
  }

  size(name: string): number {
    return this.#contents.get(name)?.values.size ?? 0;
  }

  /** What was changed since then never was. */
  takeBack(): void {
    for (let at = this.#changes.length - 1; at >= 0; at--) {
      const { store, key, before } = this.#changes[at]!;
      store.put(key, before);
    }
    this.#changes = [];
    this.#changedCharacters = 0;
  }

  #made(name: string): Store {
    const content = new KeyedJson();
    this.#contents.set(name, content);
    const assertUsable = this.#assertUsable;
    const read = (key: string): unknown => {
      assertUsable();
      const json = content.values.get(checkedKey(key, name));
      return json === undefined ? undefined : parse(json);
    };
    const change = (key: string, json: string | undefined): void => {
      assertUsable();
      this.#changedCharacters += key.length + (json?.length ?? 0);
      if (this.#changedCharacters > CHANGED_CHARACTERS_MAX) {
        throw new RangeError(`More than ${CHANGED_CHARACTERS_MAX} characters were changed in stores at once (CHANGED_CHARACTERS_MAX).`);
      }
      this.#changes.push({ name, store: content, key, before: content.values.get(key) });
      content.put(key, json);
    };
    const set = (key: string, value: unknown): void => change(checkedKey(key, name), jsonOf(value, key, name));
    return {
      get: read,
      has(key) {
        assertUsable();
        return content.values.has(checkedKey(key, name));
      },
      set,
      setIf(key, value, condition) {
        if (condition(read(key)) !== true) return false;
        set(key, value);
        return true;
      },
      delete(key) {
        if (content.values.has(checkedKey(key, name))) change(key, undefined);
      },
      *range(from = '', until) {
        for (const [key, json] of content.range(from, until)) {
          assertUsable();
          yield [key, parse(json)];
        }
      },
      get size() {
        assertUsable();
        return content.values.size;
      },
    };
  }
}

function checkedKey(key: unknown, store: string): string {
  if (typeof key !== 'string') throw new TypeError(`A key of the store “${store}” is a string, not ${what(key)}.`);
  if (key.length <= STORE_KEY_CHARACTERS_MAX) return key;
  throw new RangeError(`A key of the store “${store}” has ${key.length} characters; at most ${STORE_KEY_CHARACTERS_MAX} are taken.`);
}

function jsonOf(value: unknown, key: string, store: string): string {
  // A finite one is text as in JSON, and this is quicker.
  if (typeof value === 'number' && value - value === 0) return `${value}`;
  // Of one that is far too long no JSON is made: a hundred megabytes would be twice there.
  const isTooLong = typeof value === 'string' && value.length > STORE_VALUE_CHARACTERS_MAX;
  const json = isTooLong ? value : (stringify(value) as string | undefined);
  if (json === undefined) throw new TypeError(`What JSON can not say (${what(value)}) can not be kept in the store “${store}”.`);
  if (json.length <= STORE_VALUE_CHARACTERS_MAX) return json;
  const [most, have] = [STORE_VALUE_CHARACTERS_MAX, json.length];
  throw new RangeError(
    `The value for “${key.slice(0, 50)}” in the store “${store}” has ${have} characters${isTooLong ? '' : ' as JSON'}; at most ${most} are kept.`,
  );
}

function what(value: unknown): string {
  return value === null ? 'null' : typeof value;
}
