/** imports.preview: the first events of a file as its import would make them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LabClient } from '../../../../main/api/index.ts';
import type { ImportRules } from '../../../../main/api/imports.ts';
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

  it('leaves out the last line of a head that is cut', async () => {
    const line = `${JSON.stringify({ fill: 'x'.repeat(1_000) })}\n`;
    const head = bytes(line.repeat(300)).subarray(0, 256 * 1024);
    expect((await client.imports.preview({ head, rules: null })).rejected).toEqual([]);
    const oneLine = await client.imports.preview({ head: bytes(`"${'x'.repeat(300_000)}`).subarray(0, 256 * 1024), rules: ndjson });
    expect(oneLine.events.length + oneLine.rejected.length).toBe(1);
  });
});
