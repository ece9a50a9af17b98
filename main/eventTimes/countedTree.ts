/**
 * The chunks of an order in their order, with counts per shard above them: a B+ tree in memory. Which chunk holds a place, how many entries of
 * some shards come before a chunk, which chunk holds the n-th: each goes down the tree once, at a cost that grows with its logarithm.
 */
import { compare, type Entry } from './entries.ts';

/** Children of a node, at most. */
const CHILDREN_MAX = 32;

export interface Chunk {
  id: number;
  first: Entry;
  /** Entries per shard, by its number. */
  counts: readonly number[];
  /** Lowest offset per shard; Infinity where it has none here. */
  lowest: readonly number[];
}

interface Inner {
  first: Entry;
  counts: number[];
  children: Tree[];
}
type Tree = Inner | Chunk;

export interface Found {
  chunk: Chunk;
  /** Entries per shard before it. */
  before: number[];
}

export class CountedTree {
  #root: Inner = inner([]);

  /** From chunks in their order. */
  constructor(chunks: readonly Chunk[] = []) {
    let level: Tree[] = [...chunks];
    while (level.length > CHILDREN_MAX) level = grouped(level);
    this.#root = inner(level);
  }

  get counts(): readonly number[] {
    return this.#root.counts;
  }

  /** The chunk in which a place lies, or would lie; null where there is none at all. */
  find(place: Entry): Found | null {
    return this.#descend((children) => {
      let at = children.length - 1;
      while (at > 0 && compare(children[at]!.first, place) > 0) at--;
      return at;
    });
  }

  /** The chunk that holds the n-th entry, from 0, of those shards; null behind the last. */
  at(rank: number, shards: readonly number[]): Found | null {
    if (rank >= sum(this.#root.counts, shards)) return null;
    let left = rank;
    return this.#descend((children) => {
      for (const [at, { counts }] of children.entries()) {
        const held = sum(counts, shards);
        if (left < held) return at;
        left -= held;
      }
      throw new RangeError('The counts of the tree are not those of its chunks.');
    });
  }

  /** The chunk that follows; null behind the last. */
  next(chunk: Chunk): Chunk | null {
    let following: Tree | null = null;
    let at: Tree = this.#root;
    while ('children' in at) {
      const { children }: Inner = at;
      const index = childOf(children, chunk.first);
      following = children[index + 1] ?? following;
      at = children[index]!;
    }
    while (following && 'children' in following) following = following.children[0]!;
    return following;
  }

  /** Others in the place of a chunk: none, one, or what it was cut into. Without a chunk they are the first ones. */
  replace(chunk: Chunk | null, by: readonly Chunk[]): void {
    const parts = this.#replaceIn(this.#root, chunk, by);
    this.#root = parts.length === 1 ? parts[0]! : inner(parts);
    // A root of one inner child is one level too many.
    while (this.#root.children.length === 1 && 'children' in this.#root.children[0]!) this.#root = this.#root.children[0];
  }

  *[Symbol.iterator](): Generator<Chunk, void, undefined> {
    yield* chunksOf(this.#root);
  }

  #descend(choose: (children: readonly Tree[]) => number): Found | null {
    const before: number[] = [];
    let at: Tree = this.#root;
    while ('children' in at) {
      const { children }: Inner = at;
      if (children.length === 0) return null;
      const index = choose(children);
      for (let each = 0; each < index; each++) addTo(before, children[each]!.counts);
      at = children[index]!;
    }
    return { chunk: at, before };
  }

  /** The node, or what it is cut into; empty nodes are left out by their parents. */
  #replaceIn(node: Inner, chunk: Chunk | null, by: readonly Chunk[]): Inner[] {
    const index = chunk ? childOf(node.children, chunk.first) : 0;
    const child = node.children[index];
    const put: Tree[] =
      child && 'children' in child ? this.#replaceIn(child, chunk, by).filter(({ children }) => children.length > 0) : [...by];
    const children = node.children.toSpliced(index, child && (chunk || 'children' in child) ? 1 : 0, ...put);
    return children.length <= CHILDREN_MAX ? [inner(children)] : (grouped(children) as Inner[]);
  }
}

function childOf(children: readonly Tree[], first: Entry): number {
  let at = children.length - 1;
  while (at > 0 && compare(children[at]!.first, first) > 0) at--;
  return at;
}

/** Half-full nodes, so that the next ones find room. */
function grouped(children: readonly Tree[]): Inner[] {
  const nodes = Math.ceil(children.length / (CHILDREN_MAX / 2));
  const size = Math.ceil(children.length / nodes);
  return Array.from({ length: Math.ceil(children.length / size) }, (_, at) => inner(children.slice(at * size, (at + 1) * size)));
}

function inner(children: Tree[]): Inner {
  const counts: number[] = [];
  for (const child of children) addTo(counts, child.counts);
  return { first: children[0]?.first ?? { time: 0, shard: 0, offset: 0 }, counts, children };
}

function* chunksOf(tree: Tree): Generator<Chunk, void, undefined> {
  if (!('children' in tree)) yield tree;
  else for (const child of tree.children) yield* chunksOf(child);
}

function addTo(counts: number[], added: readonly number[]): void {
  for (let shard = 0; shard < added.length; shard++) counts[shard] = (counts[shard] ?? 0) + added[shard]!;
}

export function sum(counts: readonly number[], shards: readonly number[]): number {
  let total = 0;
  for (const shard of shards) total += counts[shard] ?? 0;
  return total;
}
