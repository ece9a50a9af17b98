/** How far the lessons have been taken in this workspace. */
import type { Catalog } from './catalog.ts';

export interface LessonRecord {
  id: string;
  step: number;
  /** Indexes of the steps that are done. */
  done: number[];
  active: boolean;
}

export interface LessonRecords {
  all(): LessonRecord[];
  save(record: LessonRecord): void;
}

type Row = { id: string; step: number; done: string; active: number };

export function createLessonRecords(catalog: Catalog): LessonRecords {
  const all = catalog.prepare<[], Row>('SELECT id, step, done, active FROM lesson');
  const save = catalog.prepare(
    `INSERT INTO lesson (id, step, done, active) VALUES (@id, @step, @done, @active)
     ON CONFLICT (id) DO UPDATE SET step = excluded.step, done = excluded.done, active = excluded.active`,
  );
  return {
    all: () => all.all().map((row) => ({ id: row.id, step: row.step, done: JSON.parse(row.done) as number[], active: row.active === 1 })),
    save: (record) => void save.run({ id: record.id, step: record.step, done: JSON.stringify(record.done), active: record.active ? 1 : 0 }),
  };
}
