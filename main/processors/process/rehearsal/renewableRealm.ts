/** A realm whose module can be made anew in the middle of a run, with the same stores: what a restart does to a live processor. */
import type { Declaration } from '../../realm/declaration.ts';
import type { Failure } from '../../realm/outcome.ts';
import type { Realm } from '../../realm/realm.ts';

/** Entries that go over at once. */
const ENTRIES = 256;

export interface LoadedColumn {
  realm: Realm;
  declaration: Declaration;
  log: string[];
  /** From the place in what runs to the one in the file. */
  placeOf: (failure: Failure) => Failure;
}

export interface RenewableRealm extends LoadedColumn {
  /** There are entries of this shard. */
  knowsShard(shard: number): void;
  renew(): Promise<void>;
}

export async function renewableRealm(load: () => Promise<LoadedColumn>): Promise<RenewableRealm> {
  const first = await load();
  let current = first.realm;
  const shards = new Set<number>();
  const realm: Realm = {
    geoRoom: (size) => current.geoRoom(size),
    openGeo: () => current.openGeo(),
    load: (...args) => current.load(...args),
    setTime: (now, streamTime) => current.setTime(now, streamTime),
    event: (stream, shard, offset, timestamp, key, text, headers) => current.event(stream, shard, offset, timestamp, key, text, headers),
    window: (shard, time) => current.window(shard, time),
    punctuate: (shard, time) => current.punctuate(shard, time),
    get outcome() {
      return current.outcome;
    },
    restore: (...args) => current.restore(...args),
    beginEntries: (shard) => current.beginEntries(shard),
    nextEntries: (shard, most) => current.nextEntries(shard, most),
    listEntries: (...args) => current.listEntries(...args),
    get entries() {
      return current.entries;
    },
    sizeOf: (shard, store) => current.sizeOf(shard, store),
    late: () => current.late(),
    line: () => current.line(),
  };
  return {
    ...first,
    realm,
    knowsShard: (shard) => void shards.add(shard),
    async renew() {
      const next = (await load()).realm;
      for (const shard of shards) moveEntries(current, next, shard);
      current = next;
    },
  };
}

function moveEntries(from: Realm, to: Realm, shard: number): void {
  from.beginEntries(shard);
  for (;;) {
    from.nextEntries(shard, ENTRIES);
    const { count, stores, keys, values } = from.entries;
    if (count === 0) return;
    for (let at = 0; at < count; at++) to.restore(shard, stores[at]!, keys[at]!, values[at]!);
  }
}
