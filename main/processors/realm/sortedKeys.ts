/** Keys in order (by UTF-16 code units), in chunks: adding one moves at most a chunk's length of others, however many there are. */

/** A chunk that grows longer is cut in two, keys. */
const CHUNK_KEYS_MAX = 512;

export class SortedKeys {
  /** None is empty, but the only one. */
  readonly #chunks: string[][] = [];

  /** `keys`: in order, each once. */
  constructor(keys: readonly string[] = []) {
    for (let at = 0; at < keys.length; at += CHUNK_KEYS_MAX / 2) this.#chunks.push(keys.slice(at, at + CHUNK_KEYS_MAX / 2));
    if (keys.length === 0) this.#chunks.push([]);
  }

  add(key: string): void {
    const at = this.#chunkOf(key);
    const chunk = this.#chunks[at]!;
    const place = firstAtOrAfter(chunk, key);
    if (chunk[place] === key) return;
    chunk.splice(place, 0, key);
    if (chunk.length > CHUNK_KEYS_MAX) this.#chunks.splice(at + 1, 0, chunk.splice(CHUNK_KEYS_MAX / 2));
  }

  delete(key: string): void {
    const at = this.#chunkOf(key);
    const chunk = this.#chunks[at]!;
    const place = firstAtOrAfter(chunk, key);
    if (chunk[place] !== key) return;
    chunk.splice(place, 1);
    if (chunk.length === 0 && this.#chunks.length > 1) this.#chunks.splice(at, 1);
  }

  /** The first key that is not before this one. */
  atOrAfter(key: string): string | undefined {
    const at = this.#chunkOf(key);
    return this.#chunks[at]![firstAtOrAfter(this.#chunks[at]!, key)] ?? this.#chunks[at + 1]?.[0];
  }

  /** The first key after this one. */
  after(key: string): string | undefined {
    return this.atOrAfter(`${key}\0`);
  }

  /** The last chunk that does not begin after the key. */
  #chunkOf(key: string): number {
    let low = 0;
    let high = this.#chunks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#chunks[middle]![0]! <= key) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

function firstAtOrAfter(chunk: readonly string[], key: string): number {
  let low = 0;
  let high = chunk.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (chunk[middle]! < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
