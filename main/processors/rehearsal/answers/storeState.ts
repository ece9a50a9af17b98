/** The state of a store at any position: of each key the last change up to there. */
import type { RehearsalState } from '../../../api/rehearsalPositions.ts';
import { type ChangePlace, lastBefore, RunCursor } from '../journal/changes.ts';
import type { Runs } from '../journal/runs.ts';
import { told } from './told.ts';

/** It looks through keys for so long, milliseconds. */
const LOOK_MS = 30;

export interface StateQuestion {
  store: number;
  position: number;
  shard: number | null;
  from: string;
  contains: string;
  most: number;
}

interface Found {
  after: string | null;
  position: number;
}

/** The last change of a key before a place; undefined where there is none. */
export function lastChange(runs: Runs, place: ChangePlace): Found | undefined {
  for (const run of runs.upTo(place.position)) {
    const found = lastBefore(run, place);
    if (found) return found;
  }
  return undefined;
}

export function statePage(runs: Runs, { store, position, shard, from, contains, most }: StateQuestion): Omit<RehearsalState, 'size'> {
  const until = performance.now() + LOOK_MS;
  const first: ChangePlace = { store, key: from, shard: -1, position: 0, step: 0 };
  // The newest first.
  const cursors = runs.upTo(position).map((run) => new RunCursor(run, first));
  const entries: RehearsalState['entries'] = [];
  for (let looked = 1; ; looked++) {
    const next = leastOf(cursors, store);
    if (!next) return { entries, next: null };
    // A key of several shards is told whole.
    const isNew = entries.at(-1)?.key !== next.key;
    if (isNew && (entries.length >= most || ((looked & 15) === 0 && performance.now() > until))) return { entries, next: next.key };
    let found: Found | undefined;
    for (const cursor of cursors) {
      if (cursor.isOver || cursor.store !== store || cursor.key !== next.key || cursor.shard !== next.shard) continue;
      const last = cursor.passKey(position);
      found ??= last;
    }
    const json = found?.after ?? null;
    if (json === null || (shard !== null && next.shard !== shard)) continue;
    if (contains === '' || next.key.includes(contains) || json.includes(contains))
      entries.push({ shard: next.shard, key: next.key, json: told(json), since: found!.position });
  }
}

/** The first key, in its shard, that one of them stands at. */
function leastOf(cursors: readonly RunCursor[], store: number): { key: string; shard: number } | null {
  let least: RunCursor | null = null;
  for (const cursor of cursors) {
    if (cursor.isOver || cursor.store !== store) continue;
    if (!least || cursor.key < least.key || (cursor.key === least.key && cursor.shard < least.shard)) least = cursor;
  }
  return least && { key: least.key, shard: least.shard };
}
