/**
 * Changes of stores, in runs: the changes of some stretch of positions, in the order of store, key (by UTF-16 code units, as stores have it), shard,
 * position and step, cut into blocks. What a key had at a position is the last change before that in the newest run that has one.
 *
 * A table in the order of its keys would have each change written at a place of its own: some ten times as slow, for whole pages go to the disk.
 */

/** Changes of a block. */
export const BLOCK_CHANGES = 64;

export interface Change {
  store: number;
  key: string;
  shard: number;
  position: number;
  /** Of the steps of that position, from 0. */
  step: number;
  /** JSON; null where the key was deleted. */
  after: string | null;
}

/** Columns of the same length. */
export interface ChangeColumns {
  stores: number[];
  keys: string[];
  shards: number[];
  positions: number[];
  steps: number[];
}

export interface ChangeBlock extends ChangeColumns {
  afters: (string | null)[];
}

export interface ChangePlace {
  store: number;
  key: string;
  shard: number;
  position: number;
  step: number;
}

function columnsOf(changes: readonly Change[]): ChangeColumns {
  const { stores, keys, shards, positions, steps } = blockOf(changes, 0, changes.length);
  return { stores, keys, shards, positions, steps };
}

function blockOf(changes: readonly Change[], from: number, until: number): ChangeBlock {
  const block: ChangeBlock = { stores: [], keys: [], shards: [], positions: [], steps: [], afters: [] };
  for (let at = from; at < until; at++) {
    const { store, key, shard, position, step, after } = changes[at]!;
    block.stores.push(store);
    block.keys.push(key);
    block.shards.push(shard);
    block.positions.push(position);
    block.steps.push(step);
    block.afters.push(after);
  }
  return block;
}

/** Sorted, and cut. They are given in the order of their positions and steps. */
export function blocksOf(changes: readonly Change[]): { index: ChangeColumns; blocks: ChangeBlock[] } {
  const sorted = sortedByKey(changes);
  const blocks: ChangeBlock[] = [];
  const firsts: Change[] = [];
  for (let at = 0; at < sorted.length; at += BLOCK_CHANGES) {
    firsts.push(sorted[at]!);
    blocks.push(blockOf(sorted, at, Math.min(sorted.length, at + BLOCK_CHANGES)));
  }
  return { index: columnsOf(firsts), blocks };
}

/** Only the keys are sorted, which is several times as fast as to compare changes: those of one key are in order already. */
function sortedByKey(changes: readonly Change[]): Change[] {
  const stores: (Map<string, Change[]> | undefined)[] = [];
  for (const change of changes) {
    const byKey = (stores[change.store] ??= new Map<string, Change[]>());
    const own = byKey.get(change.key);
    if (own) own.push(change);
    else byKey.set(change.key, [change]);
  }
  const sorted: Change[] = [];
  for (const byKey of stores) {
    if (!byKey) continue;
    for (const key of [...byKey.keys()].sort()) {
      const own = byKey.get(key)!;
      // Most keys are in one shard. Sorting keeps the order of what is equal.
      if (own.some(({ shard }) => shard !== own[0]!.shard)) own.sort((one, other) => one.shard - other.shard);
      for (const change of own) sorted.push(change);
    }
  }
  return sorted;
}

/** Less than 0 where what stands there comes before the place. */
function compareAt({ stores, keys, shards, positions, steps }: ChangeColumns, at: number, place: ChangePlace): number {
  if (stores[at] !== place.store) return stores[at]! - place.store;
  if (keys[at] !== place.key) return keys[at]! < place.key ? -1 : 1;
  return shards[at]! - place.shard || positions[at]! - place.position || steps[at]! - place.step;
}

/** How many come before the place. */
export function countBefore(columns: ChangeColumns, place: ChangePlace): number {
  let [low, high] = [0, columns.keys.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareAt(columns, middle, place) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** A run that is read. */
export interface ChangeRun {
  /** Positions whose changes are in it. */
  from: number;
  upTo: number;
  index: ChangeColumns;
  block(number: number): ChangeBlock;
}

/** The last change of a key before a place, in one run; undefined where it has none. */
export function lastBefore(run: ChangeRun, place: ChangePlace): { after: string | null; position: number } | undefined {
  const number = countBefore(run.index, place) - 1;
  if (number < 0) return undefined;
  const block = run.block(number);
  const at = countBefore(block, place) - 1;
  if (block.stores[at] !== place.store || block.keys[at] !== place.key || block.shards[at] !== place.shard) return undefined;
  return { after: block.afters[at]!, position: block.positions[at]! };
}

/** Goes through a run, key by key. */
export class RunCursor {
  readonly run: ChangeRun;
  #number = 0;
  #at = 0;
  #block: ChangeBlock | null;

  /** At the first change that is not before the place. */
  constructor(run: ChangeRun, place: ChangePlace) {
    this.run = run;
    this.#number = Math.max(0, countBefore(run.index, place) - 1);
    this.#block = this.#number < run.index.keys.length ? run.block(this.#number) : null;
    this.#at = this.#block ? countBefore(this.#block, place) : 0;
    this.#settle();
  }

  get isOver(): boolean {
    return this.#block === null;
  }
  get store(): number {
    return this.#block!.stores[this.#at]!;
  }
  get key(): string {
    return this.#block!.keys[this.#at]!;
  }
  get shard(): number {
    return this.#block!.shards[this.#at]!;
  }

  /** Goes behind the key that it stands at, in its shard; answers its last change up to a position, where there is one. */
  passKey(position: number): { after: string | null; position: number } | undefined {
    const { store, key, shard } = this;
    let last: { after: string | null; position: number } | undefined;
    while (this.#block && this.store === store && this.key === key && this.shard === shard) {
      const at = this.#block.positions[this.#at]!;
      if (at <= position) last = { after: this.#block.afters[this.#at]!, position: at };
      this.#at++;
      this.#settle();
    }
    return last;
  }

  #settle(): void {
    while (this.#block && this.#at >= this.#block.keys.length) {
      this.#at = 0;
      this.#number++;
      this.#block = this.#number < this.run.index.keys.length ? this.run.block(this.#number) : null;
    }
  }
}
