import { expect, test, vi } from 'vitest';
import type { LabClient } from '../../../main/api/index.ts';
import { type ImportPreview, type ImportRules, PREVIEW_BYTES_MAX, type RejectedLine } from '../../../main/api/imports.ts';
import { freeName, streamNameFrom } from '../../../renderer/src/features/import/fileName.ts';
import { likelyKey, likelyTime } from '../../../renderer/src/features/import/guesses.ts';
import { ImportForm } from '../../../renderer/src/features/import/importForm.svelte.ts';
import { previewRows, spreadOf } from '../../../renderer/src/features/import/previewRows.ts';
import { RejectedLines } from '../../../renderer/src/features/import/rejectedLines.svelte.ts';

const field = (path: string, share = 1, looksLikeTime = false) => ({ path, sample: 'x', share, looksLikeTime });

test.each([
  ['orders.ndjson', 'orders'],
  ['My Orders (2018).jsonl', 'My-Orders-2018'],
  ['Bestellungen_März.log', 'Bestellungen_Marz'],
  ['…', 'events'],
  ['.ndjson', 'events'],
  ['a.b.json', 'a.b'],
])('%s suggests the stream %s', (file, stream) => expect(streamNameFrom(file)).toBe(stream));

test('a name that is taken gets a number', () => {
  expect(freeName('orders', [])).toBe('orders');
  expect(freeName('orders', ['orders', 'orders-2'])).toBe('orders-3');
});

test('guesses', () => {
  expect(likelyKey([field('id'), field('shopper.id', 0.5), field('cart.id')])).toBe('cart.id');
  expect(likelyKey([field('event')])).toBeNull();
  expect(likelyTime([field('at', 0.2, true), field('timestamp', 1, true)])).toBe('timestamp');
});

test('rows come in the order of the file, keys land where they will', () => {
  const events = [1, 3].map((line) => ({ line, key: '789', timestamp: null, value: '', shard: null }));
  expect(
    previewRows({ format: 'ndjson', events, rejected: [{ line: 2, reason: 'r', text: 't' }], fields: [] }).map(({ line }) => line),
  ).toEqual([1, 2, 3]);
  expect(spreadOf([...events, { line: 4, key: null, timestamp: null, value: '', shard: null }], 3)).toEqual({
    counts: [0, 2, 0],
    keyless: 1,
  });
});

function formWith(preview: (head: Uint8Array, rules: ImportRules | null, isWhole: boolean) => Partial<ImportPreview>) {
  const asked: (ImportRules | null)[] = [];
  const client = {
    imports: {
      preview: ({ head, rules, isWhole }: { head: Uint8Array; rules: ImportRules | null; isWhole: boolean }) => {
        asked.push(rules);
        return Promise.resolve({ format: 'ndjson', events: [], rejected: [], fields: [], ...preview(head, rules, isWhole) });
      },
    },
  } as unknown as LabClient;
  return { form: new ImportForm(client), asked };
}

test('a file is looked at, guessed, and previewed by the guess', async () => {
  const { form, asked } = formWith(() => ({ fields: [field('shopper.id'), field('timestamp', 1, true)] }));
  await form.choose(new File(['{}\n'], 'orders.ndjson'), ['orders']);
  expect(asked).toEqual([null, { format: 'ndjson', keyField: 'shopper.id', timeField: 'timestamp' }]);
  expect(form.previewIsStale).toBe(false);
  expect(form.request(256)).toMatchObject({ stream: 'orders-2', shards: 3 });
  form.keyField = 'other';
  expect(form.previewIsStale).toBe(true);
});

test('lines have neither key nor time, whatever was chosen before', async () => {
  const { form } = formWith(() => ({ format: 'lines' }));
  form.keyField = 'a';
  await form.choose(new File(['x\n'], 'a.log'), []);
  form.keyField = 'a';
  expect(form.rules).toEqual({ format: 'lines', keyField: null, timeField: null });
});

test('nothing is imported before the file has been looked at', async () => {
  const answer = Promise.withResolvers<ImportPreview>();
  const form = new ImportForm({ imports: { preview: () => answer.promise } } as unknown as LabClient);
  const chosen = form.choose(new File(['one\ntwo\n'], 'app.log'), []);
  await vi.waitFor(() => expect(form.previewing).toBe(true));
  expect(form.request(256)).toBeNull();
  answer.resolve({ format: 'lines', events: [], rejected: [], fields: [] });
  await chosen;
  expect(form.request(256)).toMatchObject({ rules: { format: 'lines', keyField: null, timeField: null } });
});

test('only the head of a large file is sent, and that it is not the whole file', async () => {
  const seen: unknown[] = [];
  const { form } = formWith((head, _rules, isWhole) => (seen.push(head.length, isWhole), {}));
  await form.choose(new File(['x'.repeat(99) + '\n', 'y'.repeat(300_000)], 'a.log'), []);
  await form.choose(new File(['x\n'], 'b.log'), []);
  expect([seen[0], seen[1], ...seen.slice(-2)]).toEqual([PREVIEW_BYTES_MAX, false, 2, true]);
});

test('the line that the head ends in has a row of its own', () => {
  const preview: ImportPreview = {
    format: 'lines',
    events: [{ line: 1, key: null, timestamp: null, value: 'x', shard: null }],
    rejected: [],
    fields: [],
    cut: { line: 2, text: 'yyy…' },
  };
  expect(previewRows(preview)).toMatchObject([
    { line: 1, event: {} },
    { line: 2, cut: 'yyy…' },
  ]);
});

test('nothing is asked about an empty file, and it is not imported', async () => {
  const { form, asked } = formWith(() => ({}));
  await form.choose(new File([], 'empty.ndjson'), []);
  expect(form.isEmpty).toBe(true);
  expect(asked).toEqual([]);
  expect(form.request(256)).toBeNull();
});

test('odd names and shard counts are not sent', async () => {
  const { form } = formWith(() => ({}));
  await form.choose(new File(['x'], 'a.log'), []);
  form.newName = 'no good';
  expect(form.nameProblem).not.toBeNull();
  expect(form.request(256)).toBeNull();
  form.newName = 'good';
  form.shards = 0;
  expect(form.request(256)).toBeNull();
});

test('rejected lines: by pages on screen, all of them as a file', async () => {
  const all: RejectedLine[] = Array.from({ length: 2_345 }, (_, index) => ({ line: index + 1, reason: 'not JSON', text: '"\n' }));
  const client = {
    imports: {
      rejected: ({ from, limit }: { from: number; limit: number }) =>
        Promise.resolve({ lines: all.slice(from, from + limit), kept: all.length, total: 5_000 }),
    },
  } as unknown as LabClient;
  const rejected = new RejectedLines(client, 'j1');
  await rejected.show(2_300);
  expect(rejected).toMatchObject({ kept: 2_345, total: 5_000, hasBefore: true, hasMore: false });
  const lines = (await (await rejected.asFile()).text()).trimEnd().split('\n');
  expect(lines).toHaveLength(2_345);
  expect(JSON.parse(lines[0]!)).toEqual(all[0]);
});
