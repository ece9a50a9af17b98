/** A set of positions, a bit each: of ten million a little more than a megabyte. */

const FIRST_BYTES = 1_024;

export class PositionSet {
  #bits = new Uint8Array(FIRST_BYTES);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(position: number): void {
    const at = position >> 3;
    if (at >= this.#bits.length) {
      const larger = new Uint8Array(Math.max(at + 1, this.#bits.length * 2));
      larger.set(this.#bits);
      this.#bits = larger;
    }
    const bit = 1 << (position & 7);
    if (this.#bits[at]! & bit) return;
    this.#bits[at]! |= bit;
    this.#count++;
  }

  /** `bits`: a bit for each position from `first` on. */
  addBits(first: number, bits: Uint8Array, count: number): void {
    for (let at = 0; at < count; at++) if (bits[at >> 3]! & (1 << (at & 7))) this.add(first + at);
  }

  has(position: number): boolean {
    return ((this.#bits[position >> 3] ?? 0) & (1 << (position & 7))) !== 0;
  }

  /** The first one after a position. */
  next(position: number): number | null {
    const end = this.#bits.length * 8;
    for (let at = position + 1; at < end; at++) {
      if ((at & 7) === 0) {
        while (at < end && this.#bits[at >> 3] === 0) at += 8;
        if (at >= end) return null;
      }
      if (this.has(at)) return at;
    }
    return null;
  }

  /** The last one before a position. */
  previous(position: number): number | null {
    for (let at = Math.min(position, this.#bits.length * 8) - 1; at >= 0; at--) {
      if ((at & 7) === 7) {
        while (at >= 0 && this.#bits[at >> 3] === 0) at -= 8;
        if (at < 0) return null;
      }
      if (this.has(at)) return at;
    }
    return null;
  }

  /** Whether there is one from a position up to, not including, another. */
  hasIn(from: number, until: number): boolean {
    const next = this.next(from - 1);
    return next !== null && next < until;
  }
}
