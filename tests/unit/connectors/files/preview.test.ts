/** imports.preview: the first events of a file as its import would make them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LabClient } from '../../../../main/api/index.ts';
import { type ImportRules, PREVIEW_BYTES_MAX } from '../../../../main/api/imports.ts';
import { bytes, openLab, temporaryFolder, type TestLab } from '../../openLab.ts';

const ndjson: ImportRules = { format: 'ndjson', keyField: null, timeField: null };

const temporary = temporaryFolder();
let lab: TestLab;
let client: LabClient;
beforeAll(async () => {
  lab = await openLab(temporary.folder);
  ({ client } = lab);
});
afterAll(async () => {
  await lab.close();
  temporary.remove();
});

describe('imports.preview', () => {
  const preview = (head: string, rules: ImportRules | null = null) => client.imports.preview({ head: bytes(head), rules });

  it('guesses the format and offers fields', async () => {
    const seen = await preview(
      '{"id":"a","at":"2018-10-15T09:00:00Z","cart":{"total":9007199254740993}}\n{"id":"b","created":1539594002}\nbroken\n',
    );
    expect(seen.format).toBe('ndjson');
    expect(seen.events.map(({ line, key, timestamp }) => ({ line, key, timestamp }))).toEqual([
      { line: 1, key: null, timestamp: null },
      { line: 2, key: null, timestamp: null },
    ]);
    expect(seen.rejected).toEqual([{ line: 3, reason: expect.stringMatching(/^not JSON/) as string, text: 'broken' }]);
    expect(seen.fields).toEqual([
      { path: 'id', sample: 'a', share: 1, looksLikeTime: false },
      { path: 'at', sample: '2018-10-15T09:00:00Z', share: 0.5, looksLikeTime: true },
      { path: 'cart.total', sample: '9007199254740993', share: 0.5, looksLikeTime: false },
      { path: 'created', sample: '1539594002', share: 0.5, looksLikeTime: true },
    ]);
    expect(await preview('one\ntwo\n')).toMatchObject({ format: 'lines', events: [{ value: 'one' }, { value: 'two' }], fields: [] });
    expect(await preview('')).toEqual({ format: 'lines', events: [], rejected: [], fields: [] });
  });

  it('says of an array and of UTF-16 what they are, and what to do', async () => {
    const array = await preview('[\n  {"a":1},\n  {"a":2}\n]\n');
    expect(array).toMatchObject({ format: 'ndjson', events: [] });
    expect(array.rejected[0]!.reason).toMatch(/^the file is a JSON array: write one JSON object on each line/);
    const utf16 = await client.imports.preview({ head: Buffer.from('\uFEFFeins\nzwei\n', 'utf16le'), rules: null });
    expect(utf16).toMatchObject({ format: 'ndjson', events: [] });
    expect(utf16.rejected[0]!.reason).toBe('the file is UTF-16, not UTF-8: save it as UTF-8 and import it again');
  });

  it('shows the events as their import would make them', async () => {
    const head = '{"id":7,"at":1539594002}\n{"id":null,"at":"never"}\n';
    expect(await preview(head, { format: 'ndjson', keyField: 'id', timeField: 'at' })).toMatchObject({
      events: [{ line: 1, key: '7', timestamp: 1_539_594_002_000n, value: '{"id":7,"at":1539594002}', shard: null }],
      rejected: [{ line: 2, reason: 'the time field “at” is no time: "never"' }],
    });
    expect((await preview('{"n":1}\n'.repeat(50))).events).toHaveLength(20);
  });

  describe('of a file that goes on behind the head', () => {
    const headOf = (content: string, rules: ImportRules | null = null) =>
      client.imports.preview({ head: bytes(content).subarray(0, PREVIEW_BYTES_MAX), rules });
    const long = JSON.stringify({ fill: 'x'.repeat(300_000) });

    it('names the line that the head ends in where it would have been shown', async () => {
      const seen = await headOf(`{"n":1}\n{"n":2}\n${long}\n{"n":4}\n`);
      expect(seen).toMatchObject({ format: 'ndjson', events: [{ line: 1 }, { line: 2 }], rejected: [] });
      expect(seen.cut).toEqual({ line: 3, text: expect.stringMatching(/^\{"fill":"x+…$/) as string });
    });

    it('says nothing of one that comes after as many as are shown', async () => {
      const seen = await headOf(`${JSON.stringify({ fill: 'x'.repeat(1_000) })}\n`.repeat(300));
      expect([seen.events.length, seen.rejected, seen.cut]).toEqual([20, [], undefined]);
    });

    it('guesses by its first line, and rejects no line for being cut here', async () => {
      expect(await headOf(long)).toMatchObject({ format: 'ndjson', events: [], rejected: [], cut: { line: 1 } });
      expect(await headOf(long, { ...ndjson, format: 'lines' })).toMatchObject({ events: [], rejected: [], cut: { line: 1 } });
      const cell = `id,note\n1,"${'x\n'.repeat(200_000)}"\n2,short\n`;
      expect(await headOf(cell, { ...ndjson, format: 'csv' })).toMatchObject({ events: [], rejected: [], cut: { line: 2 } });
    });

    it('says of an array on one line that it is one', async () => {
      const seen = await headOf(`[${long},${long}]`);
      expect(seen).toMatchObject({ format: 'ndjson', rejected: [{ line: 1, reason: expect.stringMatching(/is a JSON array/) as string }] });
      expect(seen.cut).toBeUndefined();
    });

    it('takes the last line as it is where nothing comes behind it', async () => {
      const head = bytes(`{"n":1}\n${long.slice(0, PREVIEW_BYTES_MAX - 20)}"}`);
      expect(await client.imports.preview({ head, rules: null, isWhole: true })).toMatchObject({ events: [{ line: 1 }, { line: 2 }] });
    });
  });
});
