import { describe, expect, test } from 'vitest';
import { fieldTitles } from '../../../renderer/src/features/stream/columnTitles.ts';
import { Columns, FIELDS_SHOWN } from '../../../renderer/src/features/stream/columns.svelte.ts';
import { spanFrom } from '../../../renderer/src/features/stream/rowSpan.ts';
import { row } from './rows.ts';

function store(): { getItem(key: string): string | null; setItem(key: string, value: string): void } {
  const kept: Record<string, string> = {};
  return { getItem: (key) => kept[key] ?? null, setItem: (key, value) => void (kept[key] = value) };
}
const shown = (columns: Columns): string[] => columns.shown.map(({ title }) => title);

describe('titles', () => {
  test('the last part of a path, in words', () => {
    expect([...fieldTitles(['event', 'shopper.ipAddress', 'product.list_price']).values()]).toEqual(['Event', 'IP address', 'List price']);
  });
  test('the path where two would read alike, one like a column of the event, or the part is a number', () => {
    expect([...fieldTitles(['timestamp', 'order.key', 'at']).values()]).toEqual(['value.timestamp', 'order.key', 'At']);
    expect([...fieldTitles(['shopper.id', 'product.id', 'items.0', 'items[1]']).values()]).toEqual([
      'shopper.id',
      'product.id',
      'items.0',
      'items[1]',
    ]);
  });
});

describe('which columns show', () => {
  test('before anything is known: the value', () => {
    expect(shown(new Columns('s', null))).toEqual(['Shard', 'Offset', 'Timestamp', 'Key', 'Value']);
  });

  test('the first fields, in the order in which they were seen', () => {
    const columns = new Columns('s', null);
    columns.learn([row(0, { fields: { b: '1', a: '2' } }), row(1, { fields: { c: '3', a: '2' } })]);
    expect(shown(columns)).toEqual(['Shard', 'Offset', 'Timestamp', 'Key', 'B', 'A', 'C']);
  });

  test('not more fields than fit; the others are offered', () => {
    const columns = new Columns('s', null);
    columns.learn([row(0, { fields: Object.fromEntries(Array.from({ length: 10 }, (_, at) => [`f${at}`, 'x'])) })]);
    expect(columns.shown.filter(({ kind }) => kind === 'field')).toHaveLength(FIELDS_SHOWN);
    expect(columns.all.filter(({ kind }) => kind === 'field')).toHaveLength(10);
    expect(columns.hidden).toBe(10 - FIELDS_SHOWN);
    columns.show('time', false);
    columns.show('field:f9', true);
    expect(columns.hidden).toBe(10 - FIELDS_SHOWN);
  });

  test('as the user chose them, also the next time', () => {
    const kept = store();
    const columns = new Columns('s', kept);
    columns.learn([row(0)]);
    columns.show('time', false);
    columns.move('key', -2);
    columns.resize('field:event', 300);
    const again = new Columns('s', kept);
    again.learn([row(0)]);
    expect(shown(again)).toEqual(['Shard', 'Key', 'Offset', 'Event', 'Id']);
    expect(again.shown.find(({ id }) => id === 'field:event')?.width).toBe(300);
    again.reset();
    expect(shown(again)).toEqual(['Shard', 'Offset', 'Timestamp', 'Key', 'Event', 'Id']);
  });

  test('a choice that can not be read is none', () => {
    expect(shown(new Columns('s', { getItem: () => '{broken', setItem: () => {} }))).toHaveLength(5);
  });
});

describe('a row without fields', () => {
  const columns = new Columns('s', null);
  columns.learn([row(0)]);

  test('shows its value across the columns of the fields', () => {
    expect(spanFrom(row(1, { fields: {}, value: null }), columns.shown)).toBe(4);
    expect(spanFrom(row(2), columns.shown)).toBeNull();
  });
  test('shows its damage beside shard and offset', () => {
    expect(spanFrom(row(1, { fields: {}, damaged: 'The batch is damaged.' }), columns.shown)).toBe(2);
  });
});
