import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LabError } from '../../../main/api/errors.ts';
import { shardForKey } from '../../../main/api/murmur2.ts';
import type { LabClient } from '../../../main/api/index.ts';
import type { ReadRecord } from '../../../main/api/events.ts';
import type { NewRecord } from '../../../main/api/values.ts';
import { bytes, openLab, readWhole, record, seeded, temporaryFolder, text, type TestLab } from '../openLab.ts';

const temporary = temporaryFolder();
const NOW = 1_700_000_000_000;
let lab: TestLab;
let client: LabClient;
beforeAll(async () => {
  lab = await openLab(temporary.folder, { now: () => NOW, random: seeded(7) });
  ({ client } = lab);
});
afterAll(async () => {
  await lab.close();
  temporary.remove();
});

const whole = async (stream: string): Promise<ReadRecord[]> => (await readWhole(client, stream)).records;
const endsOf = async (stream: string): Promise<number> => (await client.events.window({ stream, from: 0, limit: 1 })).endRow;

describe('produce.append', () => {
  it('lets the key decide as Kafka does, unless a shard is named', async () => {
    await client.streams.create({ name: 'keyed', shards: 7 });
    const keys = ['', '789', 'ключ', 'a'.repeat(1_000), ...Array.from({ length: 40 }, (_, n) => `key ${n}`)];
    await client.produce.append({ stream: 'keyed', records: keys.map((key) => record(key, { key: bytes(key) })) });
    for (const { shard, key } of await whole('keyed')) expect(shard).toBe(shardForKey(key!, 7));
    // Kafka's own answers, from its producer's partitioner.
    expect([shardForKey(bytes('21'), 1_000), shardForKey(bytes('foobar'), 1_000)]).toEqual([
      (-973932308 & 0x7fffffff) % 1_000,
      (-790332482 & 0x7fffffff) % 1_000,
    ]);

    await client.streams.create({ name: 'named', shards: 3 });
    const { shards } = await client.produce.append({
      stream: 'named',
      records: [2, 2, 0].map((shard) => record('v', { key: bytes('same'), shard })),
    });
    expect(shards).toEqual([
      { shard: 0, firstOffset: 0n, lastOffset: 0n, events: 1 },
      { shard: 2, firstOffset: 0n, lastOffset: 1n, events: 2 },
    ]);
  });

  it('keeps events without a key together in a request, and moves on with the next', async () => {
    await client.streams.create({ name: 'sticky', shards: 4 });
    const used: number[] = [];
    for (let n = 0; n < 12; n++) {
      const { shards } = await client.produce.append({ stream: 'sticky', records: [record('a'), record('b'), record('c')] });
      expect(shards).toHaveLength(1);
      used.push(shards[0]!.shard);
    }
    for (const [index, shard] of used.entries()) expect(shard).not.toBe(used[index - 1]);
    expect(new Set(used).size).toBe(4);
  });

  it('keeps every byte', async () => {
    await client.streams.create({ name: 'bytes', shards: 1 });
    const records: NewRecord[] = [
      record('', { key: bytes('') }),
      record(null, { key: null }),
      { ...record(null), key: Uint8Array.of(0, 255, 128), value: Uint8Array.of(0xc3, 0x28, 0) },
      record('h', {
        headers: [
          ['a', bytes('1')],
          ['a', null],
          ['a', bytes('1')],
          ['', bytes('')],
          ['ключ 😀', Uint8Array.of(255)],
        ],
      }),
      record('t', { timestamp: -1n }),
      record('t', { timestamp: -39_498_624_000_000n }),
      record('t', { timestamp: 2n ** 63n - 1n }),
      record('t', { timestamp: -(2n ** 63n) }),
      record('t', { timestamp: 0n }),
    ];
    await client.produce.append({ stream: 'bytes', records });
    const expected = records.map(({ key, value, headers, timestamp }, index) => ({
      shard: 0,
      offset: BigInt(index),
      key: key && new Uint8Array(key),
      value: value && new Uint8Array(value),
      headers: headers.map(([name, content]) => [name, content && new Uint8Array(content)]),
      timestamp: timestamp ?? BigInt(NOW),
    }));
    expect(await whole('bytes')).toEqual(expected);
    await expect(client.produce.append({ stream: 'bytes', records: [record('t', { timestamp: 2n ** 63n })] })).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringContaining('A timestamp has at most 64 bits') as string,
    });
  });

  it('names the limit of a value, and follows the settings', async () => {
    await client.streams.create({ name: 'limits', shards: 1 });
    const oneMiB = 1024 * 1024;
    const append = (size: number): Promise<unknown> =>
      client.produce.append({ stream: 'limits', records: [{ ...record(null), value: Buffer.alloc(size) }] });
    await append(oneMiB);
    await expect(append(oneMiB + 1)).rejects.toMatchObject({
      code: 'value-too-large',
      retriable: false,
      message: 'The value has 1,048,577 bytes; this workspace takes at most 1,048,576 (“Largest value”, under Settings in the lab’s page).',
    });
    await client.lab.changeSettings({ valueBytesMax: 4 * oneMiB });
    await append(4 * oneMiB);
    await expect(append(4 * oneMiB + 1)).rejects.toMatchObject({ code: 'value-too-large' });
    await client.lab.changeSettings({ valueBytesMax: 1024 });
    await expect(append(1025)).rejects.toMatchObject({ code: 'value-too-large' });
    await client.lab.changeSettings({ valueBytesMax: oneMiB });
    // The largest event there can be: it is shown in full, too.
    expect((await client.events.get({ stream: 'limits', shard: 0, offset: 1n })).value).toHaveLength(4 * oneMiB);
    expect(await endsOf('limits')).toBe(2);
  });

  it('names the limits of key and headers', async () => {
    await client.streams.create({ name: 'limits-2', shards: 1 });
    const append = (rest: Partial<NewRecord>): Promise<unknown> =>
      client.produce.append({ stream: 'limits-2', records: [record('v', rest)] });
    await append({ key: Buffer.alloc(65_536) });
    await expect(append({ key: Buffer.alloc(65_537) })).rejects.toMatchObject({
      code: 'bad-input',
      message: 'The key has 65,537 bytes; a key has at most 65,536.',
    });
    await append({ headers: Array.from({ length: 2_000 }, (): [string, null] => ['n', null]) });
    await expect(append({ headers: Array.from({ length: 524_289 }, (): [string, null] => ['', null]) })).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringContaining('An event has at most 524,288 headers') as string,
    });
    await append({ headers: [['n', Buffer.alloc(1024 * 1024 - 1)]] });
    await expect(append({ headers: [['n', Buffer.alloc(1024 * 1024)]] })).rejects.toMatchObject({
      code: 'bad-input',
      message: 'The headers have 1,048,577 bytes; all of an event together have at most 1,048,576.',
    });
  });

  it('takes all or nothing', async () => {
    await client.streams.create({ name: 'atomic', shards: 2 });
    const good = Array.from({ length: 50 }, (_, n) => record(`v${n}`));
    const append = (records: NewRecord[]): Promise<unknown> => client.produce.append({ stream: 'atomic', records });
    await expect(append([...good, { ...record(null), value: Buffer.alloc(1024 * 1024 + 1) }])).rejects.toMatchObject({
      code: 'value-too-large',
    });
    await expect(append([...good, record('v', { shard: 2 })])).rejects.toMatchObject({
      code: 'no-such-shard',
      message: 'The stream “atomic” has the shards 0 to 1; there is no shard 2.',
    });
    await expect(append([...good, record('v', { key: Buffer.alloc(65_537) })])).rejects.toMatchObject({ code: 'bad-input' });
    // Each within its limit, together over 12 MiB.
    await expect(append(Array.from({ length: 13 }, () => ({ ...record(null), value: Buffer.alloc(1024 * 1024) })))).rejects.toMatchObject({
      code: 'too-many',
      message: expect.stringMatching(
        /^One append takes at most 12,582,912 bytes of events; these have 13,63\d,\d{3}\. Send them in smaller parts\.$/,
      ) as string,
    });
    await expect(append([])).rejects.toMatchObject({ code: 'bad-input' });
    await expect(append(Array.from({ length: 10_001 }, () => record(null)))).rejects.toMatchObject({ code: 'bad-input' });
    expect(await endsOf('atomic')).toBe(0);
    await expect(client.produce.append({ stream: 'nowhere', records: good })).rejects.toMatchObject({ code: 'no-such-stream' });
  });

  it('of more than a batch holds keeps its order', async () => {
    await client.streams.create({ name: 'large', shards: 1 });
    const records = Array.from({ length: 11 }, (_, n) => ({ ...record(null), value: Buffer.alloc(1_000_000, n) }));
    const { shards } = await client.produce.append({ stream: 'large', records });
    expect(shards).toEqual([{ shard: 0, firstOffset: 0n, lastOffset: 10n, events: 11 }]);
    expect((await whole('large')).map(({ value }) => value![0])).toEqual([...Array(11).keys()]);
  });
});

describe('produce.send', () => {
  it('numbers its events in key and value, other bytes untouched', async () => {
    await client.streams.create({ name: 'numbered', shards: 1 });
    const value = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('{{n}} of {{n}}'), Buffer.from([0xc3])]);
    await client.produce.send({ stream: 'numbered', record: { ...record(null), key: bytes('k{{n}}'), value }, count: 3, numbered: true });
    await client.produce.send({ stream: 'numbered', record: record('{{n}}'), count: 1, numbered: false });
    const events = await whole('numbered');
    expect(events.map(({ key }) => text(key))).toEqual(['k1', 'k2', 'k3', null]);
    expect(events.slice(0, 3).map((event) => Buffer.from(event.value!).toString('latin1'))).toEqual(
      [1, 2, 3].map((n) => `ÿþ${n} of ${n}Ã`),
    );
    expect(text(events[3]!.value)).toBe('{{n}}');
  });

  it('sends many in parts and sums them up', async () => {
    await client.streams.create({ name: 'many', shards: 3 });
    const { events, shards } = await client.produce.send({
      stream: 'many',
      record: record('v{{n}}', { key: bytes('{{n}}') }),
      count: 2_500,
      numbered: true,
    });
    expect(events).toBe(2_500);
    expect(shards.map(({ shard }) => shard)).toEqual([0, 1, 2]);
    for (const { firstOffset, lastOffset, events: count } of shards) expect([firstOffset, lastOffset]).toEqual([0n, BigInt(count) - 1n]);
    const values = (await whole('many')).map((event) => text(event.value)!);
    expect(new Set(values)).toEqual(new Set(Array.from({ length: 2_500 }, (_, n) => `v${n + 1}`)));
  });

  it('says how many were sent where it has to stop', async () => {
    await client.streams.create({ name: 'stopped', shards: 1 });
    const sending = client.produce.send({ stream: 'stopped', record: record('x'.repeat(2_000)), count: 100_000, numbered: false });
    setTimeout(() => void client.lab.changeSettings({ valueBytesMax: 1024 }), 30);
    const failure = (await sending.catch((error: unknown) => error)) as LabError;
    await client.lab.changeSettings({ valueBytesMax: 1024 * 1024 });
    expect(failure).toMatchObject({
      code: 'value-too-large',
      message: expect.stringMatching(/ \d+ of 100000 events had been sent before; they are in the log\.$/) as string,
    });
    expect(await endsOf('stopped')).toBe(Number(/(\d+) of 100000/.exec(failure.message)![1]));
  });

  it('stops when it is cancelled, with what is in the log in the log', async () => {
    await client.streams.create({ name: 'cancelled', shards: 1 });
    const stop = new AbortController();
    const sending = client.produce.send(
      { stream: 'cancelled', record: record('v'), count: 100_000, numbered: false },
      { signal: stop.signal },
    );
    setTimeout(() => stop.abort(), 30);
    await expect(sending).rejects.toMatchObject({ code: 'cancelled' });
    // What was under way as it stopped may still have come in, before what is sent now; after that nothing does.
    await client.produce.append({ stream: 'cancelled', records: [record('afterwards')] });
    const end = await endsOf('cancelled');
    expect(end).toBeLessThan(100_000);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await endsOf('cancelled')).toBe(end);
  });
});

describe('kept events', () => {
  const draft = { key: 'k', value: '{"not": yet json', headers: [['h', 'v']] as [string, string][], shard: null, timestamp: 'tomorrow' };

  it('are kept per stream, the newest first, over a restart', async () => {
    const own = temporaryFolder();
    let now = 1_000;
    const first = await openLab(own.folder, { now: () => now });
    const keep = (stream: string, label: string): Promise<{ id: string }> => first.client.produce.keep({ stream, label, draft });
    await keep('orders', ' an order ');
    now += 1;
    const second = await keep('orders', 'another');
    await keep('other', 'not here');
    await expect(keep('orders', '  ')).rejects.toMatchObject({ code: 'bad-input' });
    await first.close();

    const again = await openLab(own.folder);
    const kept = await again.client.produce.kept({ stream: 'orders' });
    expect(kept).toEqual([
      { id: second.id, stream: 'orders', label: 'another', draft, keptAt: 1_001 },
      { id: expect.any(String) as string, stream: 'orders', label: 'an order', draft, keptAt: 1_000 },
    ]);
    await again.client.produce.forget({ id: second.id });
    await again.client.produce.forget({ id: 'never kept' });
    expect(await again.client.produce.kept({ stream: 'orders' })).toHaveLength(1);
    for (let n = 2; n < 200; n++) await again.client.produce.keep({ stream: 'orders', label: `${n}`, draft });
    await expect(again.client.produce.keep({ stream: 'orders', label: 'one more', draft })).rejects.toMatchObject({
      code: 'too-many',
      message: 'A workspace keeps at most 200 events for sending again. Forget one first.',
    });
    await again.close();
    own.remove();
  });
});

describe('the settings', () => {
  it('have limits, and stay over a restart', async () => {
    const own = temporaryFolder();
    const first = await openLab(own.folder);
    expect(await first.client.lab.settings({})).toMatchObject({ valueBytesMax: 1024 * 1024 });
    for (const [valueBytesMax, message] of [
      [1023, 'The largest value is at least 1 KiB'],
      [4 * 1024 * 1024 + 1, 'The largest value is at most 4 MiB'],
    ] as const) {
      await expect(first.client.lab.changeSettings({ valueBytesMax })).rejects.toMatchObject({
        code: 'bad-input',
        message: expect.stringContaining(message) as string,
      });
    }
    await expect(first.client.lab.changeSettings({ valueBytesMax: 2048.5 })).rejects.toMatchObject({ code: 'bad-input' });
    expect(await first.client.lab.changeSettings({ valueBytesMax: 2048 })).toMatchObject({ valueBytesMax: 2048 });
    await first.close();
    const again = await openLab(own.folder);
    expect(await again.client.lab.settings({})).toMatchObject({ valueBytesMax: 2048 });
    await again.close();
    own.remove();
  });
});
