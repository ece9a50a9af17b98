/** Which shards a pane reads: those that were chosen, as far as they can be read just now. */

export class ShardsRead {
  /** Null for all. */
  chosen = $state.raw<readonly number[] | null>(null);
  #all: readonly number[] = [];
  #outOfReach: readonly number[] = [];

  /** Null for all. Where none of the chosen ones can be read, these all the same: what is shown stays. */
  get reachable(): readonly number[] | null {
    if (this.#outOfReach.length === 0) return this.chosen;
    const left = (this.chosen ?? this.#all).filter((shard) => !this.#outOfReach.includes(shard));
    return left.length > 0 ? left : this.chosen;
  }

  /** As the calls of api/events.ts take it. */
  get asked(): { shards?: number[] } {
    const shards = this.reachable;
    return shards ? { shards: [...shards] } : {};
  }

  includes(shard: number): boolean {
    return this.reachable?.includes(shard) ?? true;
  }

  choose(shards: readonly number[] | null): void {
    this.chosen = shards && shards.length > 0 ? [...shards].sort((a, b) => a - b) : null;
  }

  /** Of all shards some can not be read. Answers whether others are read from now on than before. */
  setOutOfReach(all: readonly number[], outOfReach: readonly number[]): boolean {
    const before = String(this.reachable);
    this.#all = all;
    this.#outOfReach = outOfReach;
    return String(this.reachable) !== before;
  }
}
