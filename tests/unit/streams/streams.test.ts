import Database from 'better-sqlite3';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LabClient } from '../../../main/api/index.ts';
import { streamNameProblem } from '../../../main/api/values.ts';
import { openLab, readWhole, record, temporaryFolder, text, type TestLab } from '../openLab.ts';

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

const create = (name: string, shards = 1): Promise<unknown> => client.streams.create({ name, shards });
const names = async (): Promise<string[]> => (await client.streams.list({})).map(({ name }) => name);
const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    (error: { code: string }) => error.code,
  );

describe('a stream’s name', () => {
  const long = 'x'.repeat(249);
  it.each(['a', 'A.b_c-9', '-', '_', '...', '.a', 'a..b', '0', 'con', '__proto__', 'constructor', 'toString', long])(
    'can be %j',
    async (name) => {
      await create(name);
      expect(await names()).toContain(name);
      await client.produce.append({ stream: name, records: [record('v')] });
      expect((await readWhole(client, name)).records).toHaveLength(1);
      await client.streams.delete({ name });
      expect(await names()).not.toContain(name);
    },
  );

  it.each([
    ['', 'A stream needs a name.'],
    ['.', '“.” can not name a stream. Add a letter or a digit.'],
    ['..', '“..” can not name a stream. Add a letter or a digit.'],
    [`${long}x`, 'A stream’s name has at most 249 characters; this one has 250.'],
    ['a b', 'A stream’s name is made of A–Z, a–z, 0–9, dot, underscore and hyphen; “ ” is none of them.'],
    ['bestellungen/ä', 'A stream’s name is made of A–Z, a–z, 0–9, dot, underscore and hyphen; “/” is none of them.'],
    ['événements', 'A stream’s name is made of A–Z, a–z, 0–9, dot, underscore and hyphen; “é” is none of them.'],
    ['cart😀', 'A stream’s name is made of A–Z, a–z, 0–9, dot, underscore and hyphen; “😀” is none of them.'],
    ['a\n', 'A stream’s name is made of A–Z, a–z, 0–9, dot, underscore and hyphen; “\n” is none of them.'],
    ['a\0', 'A stream’s name is made of A–Z, a–z, 0–9, dot, underscore and hyphen; “\0” is none of them.'],
  ])('can not be %j', async (name, message) => {
    await expect(create(name)).rejects.toMatchObject({ code: 'bad-stream-name', message, retriable: false });
  });

  it('is what Kafka’s rule says, for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 12 }), (name) => {
        const isLegal = /^[a-zA-Z0-9._-]{1,249}$/.test(name) && !name.endsWith('\n') && name !== '.' && name !== '..';
        expect(streamNameProblem(name) === null).toBe(isLegal);
      }),
    );
  });

  it('is taken once, also by a twin that differs in dots and underscores', async () => {
    await create('shop.events_2');
    await expect(create('shop.events_2')).rejects.toMatchObject({
      code: 'stream-exists',
      message: 'There is already a stream “shop.events_2”. Choose another name.',
    });
    await expect(create('shop_events.2')).rejects.toMatchObject({
      code: 'stream-exists',
      message: expect.stringContaining('Kafka’s rule') as string,
    });
    await create('Shop.events_2');
  });
});

describe('streams', () => {
  it('have 1 to 256 shards', async () => {
    for (const shards of [0, -1, 257, 1.5, Number.NaN]) await expect(create('wrong', shards)).rejects.toMatchObject({ code: 'bad-input' });
    await create('widest', 256);
    const widest = (await client.streams.list({})).find(({ name }) => name === 'widest')!;
    expect(widest.shards.map(({ shard }) => shard)).toEqual([...Array(256).keys()]);
    await client.streams.delete({ name: 'widest' });
  });

  it('made at once under one name are made once', async () => {
    const outcomes = await Promise.all(
      [create('race', 2), create('race', 3), codeOf(create('race', 4)), codeOf(create('race_', 1))].map((work) =>
        codeOf(Promise.resolve(work)),
      ),
    );
    expect(outcomes.filter((outcome) => outcome === 'done').length).toBeGreaterThan(0);
    expect((await names()).filter((name) => name === 'race')).toEqual(['race']);
  });

  it('made at once as twins are made once', async () => {
    expect((await Promise.all([codeOf(create('twin.a')), codeOf(create('twin_a'))])).sort()).toEqual(['done', 'stream-exists']);
    expect((await names()).filter((name) => name.startsWith('twin'))).toHaveLength(1);
  });

  it('made and deleted in any order at once end as what was answered says', async () => {
    for (let round = 0; round < 15; round++) {
      await create('here');
      const answers = await Promise.all([
        codeOf(client.streams.delete({ name: 'here' })),
        codeOf(create('here', 2)),
        codeOf(client.streams.delete({ name: 'here' })),
        codeOf(client.produce.append({ stream: 'here', records: [record('x')] })),
      ]);
      expect(answers[0]).toBe('done');
      expect(['stream-exists', 'done']).toContain(answers[1]);
      expect(['done', 'no-such-stream', 'no-such-shard']).toContain(answers[3]);
      expect(await names()).not.toContain('here');
    }
    const db = new Database(lab.brokerFile, { readonly: true });
    expect(db.prepare("SELECT count(*) FROM shard WHERE stream = 'here' AND state <> 'deleted'").pluck().get()).toBe(0);
    db.close();
  });

  it('made again under an old name begin empty', async () => {
    await create('again', 2);
    await client.produce.append({ stream: 'again', records: [record('old')] });
    await client.streams.delete({ name: 'again' });
    await create('again', 3);
    expect(await client.events.window({ stream: 'again', from: 0, limit: 5 })).toEqual({ firstRow: 0, endRow: 0, rows: [] });
    await client.produce.append({ stream: 'again', records: [record('new', { shard: 2 })] });
    expect((await readWhole(client, 'again')).records.map(({ offset, value }) => [offset, text(value)])).toEqual([[0n, 'new']]);
    await expect(client.streams.delete({ name: 'never' })).rejects.toMatchObject({
      code: 'no-such-stream',
      message: 'There is no stream “never”. Create it, or choose another.',
    });
  });

  it('tell their counts, bytes and rates as they grow', async () => {
    await create('counts', 2);
    let sent = 0;
    for await (const streams of client.streams.watch({})) {
      const counts = streams.find(({ name }) => name === 'counts')!;
      const [first, second] = counts.shards;
      expect(first).toMatchObject({ shard: 0, events: 0, endOffset: 0n });
      expect(second).toMatchObject({ shard: 1, startOffset: 0n, available: true, state: 'open', brokerId: 1 });
      expect(counts.events).toBe(second!.events);
      expect(second!.endOffset).toBe(BigInt(counts.events));
      expect(counts.events).toBeLessThanOrEqual(sent);
      if (counts.eventsPerSecond > 0 && counts.events >= 500) {
        expect(counts.bytes).toBeGreaterThan(counts.events * 100);
        expect(counts.bytesPerSecond / counts.eventsPerSecond).toBeGreaterThan(100);
        return;
      }
      sent += 100;
      void client.produce.send({ stream: 'counts', record: record('x'.repeat(100), { shard: 1 }), count: 100, numbered: false });
    }
  });
});
