/** A row without fields shows its value, or its damage, across the columns that its fields would have. */
import type { EventRow } from '../../../../main/api/events.ts';
import type { Column } from './columns.svelte.ts';

/** The first column that gives way, or null where each keeps its own. */
export function spanFrom(event: EventRow, columns: readonly Column[]): number | null {
  const givesWay = event.damaged !== undefined ? (column: Column) => column.kind !== 'shard' && column.kind !== 'offset' : ofValue;
  if (event.damaged === undefined) {
    const hasFields = columns.some((column) => column.kind === 'field' && column.path in event.fields);
    if (hasFields || columns.some((column) => column.kind === 'value')) return null;
    if (Object.keys(event.fields).length > 0) return null; // Its fields are hidden, by choice.
  }
  let from = columns.length;
  while (from > 0 && givesWay(columns[from - 1]!)) from--;
  return from < columns.length ? from : null;
}

const ofValue = ({ kind }: Column): boolean => kind === 'field' || kind === 'value';
