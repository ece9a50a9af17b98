import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bytes, openLab, readAll, readWhole, record, temporaryFolder, type TestLab } from '../openLab.ts';

const temporary = temporaryFolder();
let lab: TestLab;
beforeAll(async () => {
  lab = await openLab(temporary.folder);
});
afterAll(async () => {
  await lab.close();
  temporary.remove();
});

const places = (rows: readonly { shard: number; offset: bigint }[]): string[] => rows.map(({ shard, offset }) => `${shard}:${offset}`);

describe('events.window', () => {
  it('of an empty stream is empty, from wherever it is asked', async () => {
    const { client } = lab;
    await client.streams.create({ name: 'empty', shards: 3 });
    for (const from of [0, 7, 'end'] as const) {
      expect(await client.events.window({ stream: 'empty', from, limit: 10 })).toEqual({ firstRow: 0, endRow: 0, rows: [] });
    }
    expect(await client.events.rowOf({ stream: 'empty', shard: 1, offset: 0n })).toEqual({ row: 0 });
    await expect(client.events.get({ stream: 'empty', shard: 1, offset: 0n })).rejects.toMatchObject({
      code: 'no-such-event',
      message: 'Shard 1 of “empty” holds no event at offset 0.',
    });
  });

  it('beyond either end gives what is there', async () => {
    const { client } = lab;
    await client.streams.create({ name: 'short', shards: 1 });
    await client.produce.append({ stream: 'short', records: ['a', 'b', 'c'].map((value) => record(value)) });
    expect(places((await client.events.window({ stream: 'short', from: 2, limit: 500 })).rows)).toEqual(['0:2']);
    expect(await client.events.window({ stream: 'short', from: 3, limit: 5 })).toEqual({ firstRow: 0, endRow: 3, rows: [] });
    expect(await client.events.window({ stream: 'short', from: 1e15, limit: 5 })).toEqual({ firstRow: 0, endRow: 3, rows: [] });
    expect(places((await client.events.window({ stream: 'short', from: 'end', limit: 2 })).rows)).toEqual(['0:1', '0:2']);
    expect(places((await client.events.window({ stream: 'short', from: 'end', limit: 500 })).rows)).toEqual(['0:0', '0:1', '0:2']);
    expect(await client.events.rowOf({ stream: 'short', shard: 0, offset: 99n })).toEqual({ row: 3 });
    // Int64 ends there; SQLite would refuse more.
    expect(await client.events.rowOf({ stream: 'short', shard: 0, offset: 2n ** 63n - 1n })).toEqual({ row: 3 });
    await expect(client.events.rowOf({ stream: 'short', shard: 0, offset: 2n ** 63n })).rejects.toMatchObject({ code: 'bad-input' });
  });

  it('refuses what there is not, and limits that are none', async () => {
    const { client } = lab;
    await client.streams.create({ name: 'two', shards: 2 });
    const ask = (input: object): Promise<unknown> => client.events.window({ stream: 'two', from: 0, limit: 10, ...input });
    await expect(ask({ stream: 'nowhere' })).rejects.toMatchObject({ code: 'no-such-stream' });
    await expect(ask({ shards: [0, 2] })).rejects.toMatchObject({
      code: 'no-such-shard',
      message: 'The stream “two” has the shards 0 to 1; there is no shard 2.',
    });
    for (const wrong of [{ shards: [] }, { limit: 0 }, { limit: 501 }, { from: -1 }, { from: 1.5 }, { from: 'start' }]) {
      await expect(ask(wrong)).rejects.toMatchObject({ code: 'bad-input' });
    }
  });

  it('over 256 shards', async () => {
    const { client } = lab;
    await client.streams.create({ name: 'wide', shards: 256 });
    const records = Array.from({ length: 5_000 }, (_, n) => record(`v${n}`, { key: bytes(`key ${n}`), timestamp: BigInt(n) }));
    for (let at = 0; at < records.length; at += 1_000)
      await client.produce.append({ stream: 'wide', records: records.slice(at, at + 1_000) });
    const order: string[] = [];
    for (let from = 0; from < records.length; from += 500) {
      const { rows } = await client.events.window({ stream: 'wide', from, limit: 500 });
      order.push(...rows.map((row) => row.value!.text));
    }
    // Each append is one commit, its events ordered by their times.
    expect(order).toEqual(records.map((_, n) => `v${n}`));
    const { rows } = await client.events.window({ stream: 'wide', from: 4_321, limit: 1 });
    expect(await client.events.rowOf({ stream: 'wide', shard: rows[0]!.shard, offset: rows[0]!.offset })).toEqual({ row: 4_321 });
    expect((await readWhole(client, 'wide')).records).toHaveLength(5_000);
  });

  it('shows what an event has as cells', async () => {
    const { client } = lab;
    await client.streams.create({ name: 'cells', shards: 1 });
    const value = {
      order: { id: 'A-1', lines: [1, 2], total: 12345678901234567890123n.toString() },
      paid: true,
      none: null,
      empty: '',
      said: 'null',
      long: 'x'.repeat(300),
    };
    const json = JSON.stringify(value).replace('"12345678901234567890123"', '12345678901234567890123');
    await client.produce.append({
      stream: 'cells',
      records: [
        record(json, { key: bytes('k'), headers: [['h', null]], timestamp: -39_000_000_000_000n }),
        record(null, { timestamp: -1n }),
        record('plain ü'),
        { ...record(null), key: Uint8Array.of(0xff, 0x00), value: Uint8Array.of(0xc3, 0x28) },
        record(''),
        record('{"broken":'),
        record('[1]', { key: bytes('') }),
      ],
    });
    const { rows } = await client.events.window({ stream: 'cells', from: 0, limit: 10 });
    expect(rows[0]).toMatchObject({
      timestamp: -39_000_000_000_000n,
      key: { text: 'k', bytes: 1, kind: 'text' },
      headers: 1,
      // Digits are shown as they were sent, not as a double would round them.
      fields: {
        'order.id': 'A-1',
        'order.lines': '[1,2]',
        'order.total': '12345678901234567890123',
        paid: 'true',
        none: null,
        empty: '',
        said: 'null',
        long: `${'x'.repeat(240)}…`,
      },
    });
    expect(rows[0]!.value).toMatchObject({ kind: 'json', bytes: json.length });
    expect(rows[1]).toMatchObject({ timestamp: -1n, key: null, value: null, fields: {} });
    expect(rows[2]!.value).toEqual({ text: 'plain ü', bytes: 8, kind: 'text' });
    expect(rows[3]).toMatchObject({ key: { text: 'ff00', bytes: 2, kind: 'binary' }, value: { text: 'c328', kind: 'binary' } });
    expect(rows[4]!.value).toEqual({ text: '', bytes: 0, kind: 'text' });
    expect(rows[5]).toMatchObject({ value: { text: '{"broken":', kind: 'text' }, fields: {} });
    expect(rows[6]).toMatchObject({ key: { text: '', bytes: 0 }, value: { text: '[1]' }, fields: {} });
  });

  it('of the widest rows still fits in a frame', async () => {
    const { client } = lab;
    await client.streams.create({ name: 'widest', shards: 1 });
    // 64 fields of 240 characters, three bytes each: 500 such rows would be 23 MB.
    const value = JSON.stringify(Object.fromEntries(Array.from({ length: 64 }, (_, n) => [`field ${n}`, '漢'.repeat(240)])));
    for (let at = 0; at < 500; at += 100)
      await client.produce.append({ stream: 'widest', records: Array.from({ length: 100 }, () => record(value)) });
    const { rows } = await client.events.window({ stream: 'widest', from: 0, limit: 500 });
    expect(rows).toHaveLength(500);
    expect(Object.keys(rows[0]!.fields).length).toBeGreaterThan(20);
  });
});

describe('events.get', () => {
  it('tells everything of an event, and why it is where it is', async () => {
    const { client } = lab;
    await client.streams.create({ name: 'placed', shards: 3 });
    await client.produce.append({
      stream: 'placed',
      records: [
        record('by key', {
          key: bytes('789'),
          headers: [
            ['a', bytes('1')],
            ['a', null],
            ['', bytes('')],
          ],
          timestamp: 5n,
        }),
        record('by hand', { key: bytes('789'), shard: 2 }),
        record('no key', { shard: 0 }),
      ],
    });
    const { rows } = await client.events.window({ stream: 'placed', from: 0, limit: 10 });
    const at = (value: string): { shard: number; offset: bigint } => rows.find((row) => row.value?.text === value)!;
    const byKey = await client.events.get({ stream: 'placed', ...pick(at('by key')) });
    expect(byKey).toMatchObject({
      stream: 'placed',
      timestamp: 5n,
      headers: [
        ['a', bytes('1')],
        ['a', null],
        ['', new Uint8Array()],
      ],
      indexInBatch: 0,
      batch: { records: byKey.shard === 2 ? 2 : 1, codec: 'none', producerId: -1n, timestampType: 'create', baseOffset: 0n },
      placement: { by: 'key', shards: 3, agrees: true },
    });
    expect(byKey.row).toBe(rows.findIndex((row) => row.value?.text === 'by key'));
    // The record as it lies in its batch: its length first.
    expect(byKey.raw.length).toBe(byKey.raw[0]! / 2 + 1);
    const byHand = await client.events.get({ stream: 'placed', ...pick(at('by hand')) });
    expect(byHand.placement).toEqual(
      byKey.shard === 2
        ? expect.objectContaining({ agrees: true })
        : { by: 'key', hash: expect.any(Number), shards: 3, agrees: false, keyShard: byKey.shard },
    );
    expect((await client.events.get({ stream: 'placed', ...pick(at('no key')) })).placement).toEqual({ by: 'producer' });
  });
});

const pick = ({ shard, offset }: { shard: number; offset: bigint }): { shard: number; offset: bigint } => ({ shard, offset });

describe('a damaged batch', () => {
  it('is told with its shard and offsets; what is around it stays readable', async () => {
    const own = temporaryFolder();
    let first = await openLab(own.folder);
    await first.client.streams.create({ name: 'hurt', shards: 2 });
    const batchOf = (name: string, count: number): Promise<unknown> =>
      first.client.produce.append({
        stream: 'hurt',
        records: Array.from({ length: count }, (_, n) => record(`${name}${n}`, { shard: 1 })),
      });
    await batchOf('a', 3);
    // More than a chunk and a slice of a read hold.
    await batchOf('b', 4_500);
    await first.client.produce.append({ stream: 'hurt', records: [record('other shard', { shard: 0 })] });
    await batchOf('c', 2);
    await first.close();

    const db = new Database(first.brokerFile);
    const bad = db.prepare<[], { rowid: number; bytes: Buffer }>('SELECT rowid, bytes FROM batch WHERE record_count = 4500').get()!;
    bad.bytes[bad.bytes.length - 3]! ^= 0x10;
    db.prepare('UPDATE batch SET bytes = ? WHERE rowid = ?').run(bad.bytes, bad.rowid);
    db.close();

    first = await openLab(own.folder);
    const { client } = first;
    const reason = 'Shard 1, offsets 3 to 4502: this record batch is damaged, its events can not be shown. The events around it are whole.';
    const window = await client.events.window({ stream: 'hurt', from: 2, limit: 3 });
    expect(window.endRow).toBe(4_506);
    expect(window.rows.map(({ shard, offset, damaged, value }) => ({ shard, offset, damaged, value: value?.text }))).toEqual([
      { shard: 1, offset: 2n, damaged: undefined, value: 'a2' },
      { shard: 1, offset: 3n, damaged: reason, value: undefined },
      { shard: 1, offset: 4n, damaged: reason, value: undefined },
    ]);
    const end = await client.events.window({ stream: 'hurt', from: 'end', limit: 4 });
    expect(end.rows.map(({ value, damaged }) => value?.text ?? damaged)).toEqual([reason, 'other shard', 'c0', 'c1']);
    for (const [offset, row] of [
      [0n, 0],
      [3n, 3],
      [4_000n, 4_000],
      [4_502n, 4_502],
      [4_503n, 4_504],
    ] as const) {
      expect(await client.events.rowOf({ stream: 'hurt', shard: 1, offset })).toEqual({ row });
    }
    await expect(client.events.get({ stream: 'hurt', shard: 1, offset: 77n })).rejects.toMatchObject({
      code: 'batch-damaged',
      message: reason,
    });
    expect((await client.events.get({ stream: 'hurt', shard: 1, offset: 4_503n })).value).toEqual(bytes('c0'));

    const gap = { shard: 1, firstOffset: 3n, lastOffset: 4_502n, reason };
    const whole = await readWhole(client, 'hurt');
    expect(whole.gaps).toEqual([gap]);
    expect(whole.records.map(({ value }) => Buffer.from(value!).toString())).toEqual(['a0', 'a1', 'a2', 'other shard', 'c0', 'c1']);
    // Begun in the middle of it.
    const rest = await readAll(
      client.events.read({ stream: 'hurt', shards: [1], from: { at: 'offset', offset: 4_000n }, until: { at: 'now' } }),
    );
    expect(rest).toMatchObject({ gaps: [gap], records: [{ offset: 4_503n }, { offset: 4_504n }] });
    await first.close();
    own.remove();
  });
});
