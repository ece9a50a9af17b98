/** Records as JSON, imported: what `consume --json` and `export` write. */
import { describe, expect, it } from 'vitest';
import { HEADERS_MAX } from '../../../../main/api/values.ts';
import type { ImportReport, RejectedLine } from '../../../../main/api/imports.ts';
import { recordFromJson, recordToJson } from '../../../../main/api/recordJson.ts';
import { shardForKey } from '../../../../main/api/murmur2.ts';
import { bytes, readWhole, text } from '../../openLab.ts';
import { client, NOW, useLab } from './importing.ts';

const rules = { format: 'records', keyField: null, timeField: null } as const;
useLab();

async function importWhole(
  stream: string,
  lines: (string | Uint8Array)[],
  shards = 3,
): Promise<{ report: ImportReport; rejected: RejectedLine[] }> {
  const { jobId } = await client.imports.start({ stream, shards, rules, file: { name: 'file', bytes: null } });
  const file = Buffer.concat(lines.flatMap((line) => [Buffer.from(line as string), Buffer.from('\n')]));
  for (let at = 0; at < file.length; at += 1_000_000) await client.imports.write({ jobId, piece: file.subarray(at, at + 1_000_000) });
  const report = await client.imports.finish({ jobId });
  return { report, rejected: (await client.imports.rejected({ jobId, from: 0, limit: 100 })).lines };
}

describe('records', () => {
  it('come with key, value, headers, timestamp and shard of their own; stream and offset are not theirs to choose', async () => {
    const { report } = await importWhole('told', [
      '{"stream":"other","shard":2,"offset":"77","timestamp":"0718-05-05T00:00:00.000Z","key":"k","value":"v","headers":[["é",null],["","x"],["é",{"base64":"/w=="}]]}',
      '',
      '{"shard":2,"timestamp":null,"key":null,"value":null}',
      '{"shard":2,"timestamp":"9223372036854775807","key":"","value":""}',
      '{"shard":2,"timestamp":"-9223372036854775808","key":{"base64":"gA=="},"value":{"base64":"/wA="}}',
      '{"shard":2,"value":"now"}',
    ]);
    expect(report).toEqual({ imported: 5, blank: 1, rejected: 0, rejectedKept: 0 });
    const { records } = await readWhole(client, 'told');
    expect(records.map(({ shard, offset, timestamp }) => [shard, offset, timestamp])).toEqual([
      [2, 0n, BigInt(Date.parse('0718-05-05T00:00:00Z'))],
      [2, 1n, -1n],
      [2, 2n, 2n ** 63n - 1n],
      [2, 3n, -(2n ** 63n)],
      [2, 4n, BigInt(NOW)],
    ]);
    expect(records.map(({ key, value }) => [key && [...key], value && [...value]])).toEqual([
      [[0x6b], [0x76]],
      [null, null],
      [[], []],
      [[0x80], [0xff, 0]],
      [null, [...bytes('now')]],
    ]);
    expect(records[0]!.headers.map(([name, value]) => [name, value && [...value]])).toEqual([
      ['é', null],
      ['', [0x78]],
      ['é', [0xff]],
    ]);
    expect((await client.streams.list({})).map(({ name }) => name)).not.toContain('other');
  });

  it('of a shard that the stream does not have go where their key says', async () => {
    const lines = Array.from({ length: 20 }, (_, n) => `{"shard":${n},"key":"k${n}","value":"${n}"}`);
    await importWhole('fewer', lines, 2);
    const { records } = await readWhole(client, 'fewer');
    expect(records).toHaveLength(20);
    for (const { shard, key, value } of records) {
      const named = Number(text(value));
      expect(shard).toBe(named < 2 ? named : shardForKey(key!, 2));
    }
  });

  it('that are none are rejected, each with its reason; the rest is imported', async () => {
    const long = 'x'.repeat(1_048_577);
    const many = JSON.stringify(Array.from({ length: HEADERS_MAX + 1 }, () => ['', null]));
    const { report, rejected } = await importWhole('bad', [
      '{"value":"good"}',
      '{"value":',
      '{"key":"k"}',
      '["value"]',
      '{"value":1}',
      '{"value":"v","shard":-1}',
      '{"value":"v","timestamp":"soon"}',
      '{"value":"v","headers":[["h"]]}',
      '{"value":{"base64":"/w"}}',
      '{"value":"\\ud800"}',
      `{"value":"${long}"}`,
      `{"value":null,"key":"${'k'.repeat(65_537)}"}`,
      `{"value":null,"headers":[["h","${'h'.repeat(1_048_576)}"]]}`,
      `{"value":null,"headers":${many}}`,
      Uint8Array.of(0x22, 0xff, 0x22),
      `{"value":"${'y'.repeat(27_000_000)}"}`,
      '{"value":"good too"}',
    ]);
    expect(report).toEqual({ imported: 2, rejected: 15, rejectedKept: 15 });
    expect(rejected.map(({ line, reason }) => [line, reason])).toEqual([
      [2, 'not JSON, column 10: The text ends where a value should stand'],
      [3, 'a record needs a “value”; null is one'],
      [4, 'a record is a JSON object with “key”, “value” and more'],
      [5, '“value” is a string, null, or {"base64": "…"} with padded base64'],
      [6, '“shard” is a whole number from 0'],
      [7, '“timestamp” is an ISO 8601 time, a decimal string of milliseconds, or null'],
      [8, 'each of “headers” is ["name", value]'],
      [9, '“value” is a string, null, or {"base64": "…"} with padded base64'],
      [10, '“value” holds half of a character (a lone surrogate). Write bytes that are no text as {"base64": "…"}'],
      [11, 'the value has 1,048,577 bytes; this workspace takes at most 1,048,576 (“Largest value”, under Settings in the lab’s page)'],
      [12, 'the key has 65,537 bytes; a key has at most 65,536'],
      [13, 'the headers have 1,048,577 bytes; all of an event together have at most 1,048,576'],
      [14, 'this event has 524,289 headers; an event has at most 524,288'],
      [15, 'not valid UTF-8'],
      [16, expect.stringMatching(/^longer than 25,5\d\d,\d{3} bytes, more than any record of this workspace takes/)],
    ]);
    expect((await readWhole(client, 'bad')).records.map(({ value }) => text(value))).toEqual(['good', 'good too']);
  });

  it('take the largest value also where JSON writes six bytes for one', async () => {
    const value = '\\u0000'.repeat(1_048_576);
    expect((await importWhole('largest', [`{"value":"${value}"}`])).report).toMatchObject({ imported: 1, rejected: 0 });
    expect((await readWhole(client, 'largest')).records[0]!.value).toHaveLength(1_048_576);
  });

  it('take as many headers as the log can hold, and so does whoever produces', async () => {
    const headers = Array.from({ length: 5_000 }, (_, n) => [`h${n % 7}`, n % 2 === 0 ? null : String(n)]);
    const line = JSON.stringify({ shard: 0, value: 'v', headers });
    expect((await importWhole('headers', [line], 1)).report).toMatchObject({ imported: 1, rejected: 0 });
    await client.produce.append({ stream: 'headers', records: [recordFromJson(line)] });
    for (const record of (await readWhole(client, 'headers')).records)
      expect((JSON.parse(recordToJson('headers', record)) as { headers: unknown }).headers).toEqual(headers);
  });

  it('are known by what they look like, and have no fields to choose', async () => {
    const head = bytes('{"stream":"s","shard":1,"offset":"0","timestamp":null,"key":null,"value":null,"headers":[]}\n');
    expect(await client.imports.preview({ head, rules: null })).toEqual({
      format: 'records',
      events: [{ line: 1, key: null, value: null, timestamp: -1n, shard: 1 }],
      rejected: [],
      fields: [],
    });
    expect((await client.imports.preview({ head: bytes('{"key":"k","value":1}\n'), rules: null })).format).toBe('ndjson');
    await expect(
      client.imports.start({ stream: 'x', shards: 1, rules: { ...rules, keyField: 'key' }, file: { name: 'f', bytes: null } }),
    ).rejects.toMatchObject({
      code: 'bad-input',
      message: 'Records carry their own keys and timestamps: leave the key field and the time field out.',
    });
  });
});
