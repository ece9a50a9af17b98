import { expect, test } from 'vitest';
import { landing, workings } from '../../../renderer/src/features/produce/placement.ts';
import { appendedSentence, appendedSummary } from '../../../renderer/src/features/produce/sentences.ts';
import { keptSummary, suggestedLabel } from '../../../renderer/src/features/produce/keptText.ts';

test('a key says its shard and why', () => {
  expect(landing({ key: '789', chosen: null, shards: 3, numbered: false })).toEqual({
    by: 'key',
    shard: 1,
    formula: 'murmur2("789") % 3',
    more: null,
  });
  expect(workings('21', 3)).toContain('without its sign bit');
});

test('a numbered key tells of its first event', () => {
  expect(landing({ key: 'k{{n}}', chosen: null, shards: 3, numbered: true })).toMatchObject({
    formula: 'murmur2("k1") % 3',
    more: expect.stringContaining('first') as string,
  });
});

test('without a key, and against the key', () => {
  expect(landing({ key: null, chosen: null, shards: 3, numbered: false })).toEqual({
    by: 'sticky',
    sentence: 'Sticky: events without a key that are appended together go to one shard, the next ones to another.',
  });
  expect(landing({ key: null, chosen: null, shards: 1, numbered: false })).toMatchObject({ sentence: 'The stream has one shard.' });
  expect(landing({ key: '789', chosen: 2, shards: 3, numbered: false })).toMatchObject({
    by: 'choice',
    shard: 2,
    sentence: expect.stringContaining('shard 1') as string,
  });
});

test('what was appended, in sentences', () => {
  expect(appendedSentence({ shard: 1, firstOffset: 781n, lastOffset: 781n, events: 1 })).toBe('Appended at shard 1, offset 781');
  expect(appendedSentence({ shard: 0, firstOffset: 5n, lastOffset: 1004n, events: 1000 })).toBe(
    'Appended 1,000 events at shard 0, offsets 5 to 1,004',
  );
  expect(appendedSentence({ shard: 0, firstOffset: 5n, lastOffset: 20n, events: 3 })).toBe(
    'Appended 3 events at shard 0, between offsets 5 and 20',
  );
  expect(
    appendedSummary('raw', { events: 2, shards: [0, 1].map((shard) => ({ shard, firstOffset: 0n, lastOffset: 0n, events: 1 })) }),
  ).toBe('Appended 2 events to raw, over 2 shards.');
});

test('a kept event is named by its own words', () => {
  const draft = { key: '789', value: '{ "event": "SHOPPER_VIEWED_PRODUCT" }', headers: [], shard: null, timestamp: null };
  expect(suggestedLabel(draft)).toBe('Shopper viewed product, 789');
  expect(keptSummary({ ...draft, key: null, value: null })).toBe('null');
});
