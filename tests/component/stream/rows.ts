/** Rows for tests. */
import type { EventRow } from '../../../main/api/events.ts';

export function row(number: number, more: Partial<EventRow> = {}): EventRow {
  const id = String(100 + (number % 9));
  return {
    row: number,
    shard: number % 3,
    offset: BigInt(Math.floor(number / 3)),
    timestamp: BigInt(Date.UTC(2018, 9, 15, 9) + number * 1000),
    appendedAt: Date.UTC(2018, 9, 15, 9) + number * 1000 + 200,
    key: { text: id, bytes: id.length, kind: 'text' },
    value: { text: `{"event":"VIEWED","shopper":{"id":"${id}"}}`, bytes: 40, kind: 'json' },
    fields: { event: 'VIEWED', 'shopper.id': id },
    headers: 0,
    ...more,
  };
}
