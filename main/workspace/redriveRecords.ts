/** What was sent back of the bad events of each stream, oldest first. */
import type { Catalog } from './catalog.ts';

export interface RedriveRecord {
  /** That of the replay that has sent it, or one of its own for an event that was mended by hand. */
  id: string;
  /** Id of the stream of the bad events. */
  badStream: string;
  group: { processor: string; reason: string; from: string };
  /** Those of the group in these ranges; offsets are decimal. */
  ranges: { shard: number; from: string; until: string }[];
  isThrough: boolean;
  /** Whether the ranges say what was sent; else what was to be sent, and the replay knows. */
  isSettled: boolean;
  /** Where the shards of the stream they went back to ended when all were there, decimal; null where that is not known yet. */
  ends: { shard: number; offset: string }[] | null;
}

export interface RedriveRecords {
  of(badStream: string): RedriveRecord[];
  byId(id: string): RedriveRecord | undefined;
  put(record: RedriveRecord, at: number): void;
  remove(id: string): void;
}

interface Row {
  id: string;
  badStream: string;
  what: string;
}

export function createRedriveRecords(catalog: Catalog): RedriveRecords {
  const of = catalog.prepare<[string], Row>('SELECT id, bad_stream AS badStream, what FROM redrive WHERE bad_stream = ? ORDER BY at, id');
  const byId = catalog.prepare<[string], Row>('SELECT id, bad_stream AS badStream, what FROM redrive WHERE id = ?');
  const put = catalog.prepare(
    `INSERT INTO redrive (id, bad_stream, what, at) VALUES (@id, @badStream, @what, @at)
     ON CONFLICT (id) DO UPDATE SET what = excluded.what`,
  );
  const remove = catalog.prepare('DELETE FROM redrive WHERE id = ?');
  const fromRow = ({ what, ...row }: Row): RedriveRecord => ({ ...(JSON.parse(what) as Omit<RedriveRecord, 'id' | 'badStream'>), ...row });
  return {
    of: (badStream) => of.all(badStream).map(fromRow),
    byId(id) {
      const row = byId.get(id);
      return row && fromRow(row);
    },
    put: ({ id, badStream, ...what }, at) => void put.run({ id, badStream, what: JSON.stringify(what), at }),
    remove: (id) => void remove.run(id),
  };
}
