/** The replays of a workspace, as they are to go on when it is opened again. What they have sent is in the log itself (main/replay/target.ts). */
import type { Catalog } from './catalog.ts';

/** `running`: it is to run whenever the lab is open. */
export type KeptReplayState = 'running' | 'paused' | 'done' | 'failed' | 'cancelled';

/** `plan` and `progress`: in a form of their own, which holds big integers and bytes too. */
export interface ReplayRecord<Plan = unknown, Progress = unknown> {
  id: string;
  plan: Plan;
  state: KeptReplayState;
  message: string | null;
  /** Null for as fast as it goes. */
  speed: number | null;
  progress: Progress;
  startedAt: number;
  endedAt: number | null;
}

export interface ReplayRecords {
  /** Those that began first come first. */
  all(): ReplayRecord[];
  put(record: ReplayRecord): void;
  remove(id: string): void;
}

type Row = Omit<ReplayRecord, 'plan' | 'progress'> & { plan: string; progress: string };

export function createReplayRecords(catalog: Catalog): ReplayRecords {
  const all = catalog.prepare<[], Row>(
    'SELECT id, plan, state, message, speed, progress, started_at AS startedAt, ended_at AS endedAt FROM replay ORDER BY started_at, id',
  );
  const put = catalog.prepare(
    `INSERT OR REPLACE INTO replay (id, plan, state, message, speed, progress, started_at, ended_at)
     VALUES (@id, @plan, @state, @message, @speed, @progress, @startedAt, @endedAt)`,
  );
  const remove = catalog.prepare('DELETE FROM replay WHERE id = ?');
  return {
    all: () => all.all().map((row) => ({ ...row, plan: parsed(row.plan), progress: parsed(row.progress) })),
    put: (record) => void put.run({ ...record, plan: written(record.plan), progress: written(record.progress) }),
    remove: (id) => void remove.run(id),
  };
}

/** A big integer is `{"$int":"12"}`, bytes are `{"$bytes":"…"}` in base 64. */
function written(value: unknown): string {
  // Not in a replacer: JSON has made something else of a buffer by the time that one sees it.
  return JSON.stringify(plain(value));
}

function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return { $int: String(value) };
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString('base64') };
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, plain(inner)]));
}

function parsed(text: string): unknown {
  return JSON.parse(text, (_name, value: unknown) => {
    if (value === null || typeof value !== 'object') return value;
    if ('$int' in value) return BigInt(value.$int as string);
    if ('$bytes' in value) return new Uint8Array(Buffer.from(value.$bytes as string, 'base64'));
    return value;
  });
}
