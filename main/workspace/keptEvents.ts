/** Events that the user keeps for sending again. */
import { randomUUID } from 'node:crypto';
import { LabError } from '../api/errors.ts';
import { type Draft, KEPT_EVENTS_MAX, type KeptEvent } from '../api/produce.ts';
import type { Catalog } from './catalog.ts';

export interface KeptEvents {
  of(stream: string): KeptEvent[];
  keep(stream: string, label: string, draft: Draft, keptAt: number): KeptEvent;
  forget(id: string): void;
}

type Row = Omit<KeptEvent, 'draft'> & { draft: string };

export function createKeptEvents(catalog: Catalog): KeptEvents {
  const of = catalog.prepare<[string], Row>(
    'SELECT id, stream, label, draft, kept_at AS keptAt FROM kept_event WHERE stream = ? ORDER BY kept_at DESC',
  );
  const count = catalog.prepare<[], number>('SELECT count(*) FROM kept_event').pluck();
  const keep = catalog.prepare('INSERT INTO kept_event (id, stream, label, draft, kept_at) VALUES (@id, @stream, @label, @draft, @keptAt)');
  const forget = catalog.prepare('DELETE FROM kept_event WHERE id = ?');
  return {
    of: (stream) => of.all(stream).map((row) => ({ ...row, draft: JSON.parse(row.draft) as Draft })),
    keep(stream, label, draft, keptAt) {
      if (Number(count.get()) >= KEPT_EVENTS_MAX) {
        throw new LabError('too-many', `A workspace keeps at most ${KEPT_EVENTS_MAX} events for sending again. Forget one first.`);
      }
      const kept: KeptEvent = { id: randomUUID(), stream, label, draft, keptAt };
      keep.run({ ...kept, draft: JSON.stringify(draft) });
      return kept;
    },
    forget: (id) => void forget.run(id),
  };
}
