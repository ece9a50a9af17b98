/** What goes out of one lab and into another is the same: every batch as it is stored, and the order over all shards. */
import path from 'node:path';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { afterEach, expect, it } from 'vitest';
import type { LabClient } from '../../../../main/api/index.ts';
import type { Codec } from '../../../../main/api/streams.ts';
import { openLab, readWhole, record, temporaryFolder, type TestLab } from '../../openLab.ts';
import { changed, parsed, partsOf } from './fileParts.ts';
import { exported, imported } from './labFiles.ts';

const labs: { lab: TestLab; remove: () => void }[] = [];
async function newLab(brokers = 1): Promise<TestLab & { folder: string }> {
  const { folder, remove } = temporaryFolder();
  const lab = await openLab(folder, { brokers });
  labs.push({ lab, remove });
  return { ...lab, folder };
}
async function closeAll(): Promise<void> {
  for (const { lab, remove } of labs.splice(0)) {
    await lab.close();
    remove();
  }
}
afterEach(closeAll);

/** All batches of a workspace's files, by stream and shard, as they are stored; ids of shards are the brokers' own. */
function storedIn(folder: string, brokers: number): unknown[] {
  const rows = Array.from({ length: brokers }, (_, index) => {
    const db = new Database(path.join(folder, `broker-${index + 1}.sqlite`), { readonly: true });
    const found = db
      .prepare(
        `SELECT stream, number, state, start_offset, next_offset, records_total, records_trimmed, shard.bytes AS held, shard.leader_epoch,
           last_append_time, retention_ms, retention_bytes, base_offset, last_offset, record_count, records_before, min_timestamp,
           max_timestamp, append_time, batch.leader_epoch AS epoch, producer_id, producer_epoch, first_sequence, attributes,
           hex(batch.bytes) AS stored
         FROM shard LEFT JOIN batch ON batch.shard_id = shard.id WHERE state <> 'deleted'`,
      )
      .safeIntegers()
      .all() as { stream: string; number: bigint; base_offset: bigint }[];
    db.close();
    return found;
  }).flat();
  return rows.sort((a, b) => a.stream.localeCompare(b.stream) || Number(a.number - b.number) || Number(a.base_offset - b.base_offset));
}

/** As a consumer of the whole stream sees it. */
const ordered = async (client: LabClient, stream: string): Promise<unknown[]> => (await readWhole(client, stream)).records;

interface Made {
  name: string;
  shards: number;
  codec: Codec;
  appends: { shard: number; events: number; bytes: number; stream: number }[];
}
const stream = fc.record({
  shards: fc.integer({ min: 1, max: 4 }),
  codec: fc.constantFrom<Codec>('none', 'gzip', 'zstd', 'lz4'),
  appends: fc.array(
    fc.record({
      shard: fc.nat(7),
      events: fc.integer({ min: 1, max: 40 }),
      bytes: fc.constantFrom(0, 10, 3_000, 60_000),
      stream: fc.nat(),
    }),
    { maxLength: 12 },
  ),
});

async function make(client: LabClient, streams: Made[]): Promise<void> {
  for (const { name, shards, codec } of streams) {
    await client.streams.create({ name, shards });
    await client.streams.changeSettings({ name, settings: { retentionMs: null, retentionBytes: 1024 ** 3, compression: codec } });
  }
  // Turn by turn, so that the appends of the streams interleave.
  const turns = streams.flatMap((each) => each.appends.map((append, index) => ({ ...append, each, at: index })));
  for (const { each, shard, events, bytes, at } of turns.sort((a, b) => a.at - b.at)) {
    const records = Array.from({ length: events }, (_, n) =>
      record(`${each.name}/${at}/${n}/${'x'.repeat(bytes)}`, {
        shard: shard % each.shards,
        key: n % 3 === 0 ? null : Buffer.from([n]),
        timestamp: BigInt(1_000_000 - n * 7),
        headers: [['h', n % 2 === 0 ? null : Buffer.from('v')]],
      }),
    );
    await client.produce.append({ stream: each.name, records });
  }
}

it('of any streams, over any number of brokers, by pieces of any size', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(stream, { maxLength: 4 }),
      fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
      fc.constantFrom(700, 65_536, 1024 * 1024),
      async (some, [from, to], pieceBytes) => {
        const streams = some.map((each, index): Made => ({ name: `s.${index}`, ...each }));
        const source = await newLab(from);
        await make(source.client, streams);
        const { file, report } = await exported(source.client);
        expect(report).toMatchObject({ streams: streams.length, leftOut: [], leftOutCount: 0 });
        const target = await newLab(to);
        expect(await imported(target.client, file, { pieceBytes })).toEqual(report);
        for (const { name } of streams) expect(await ordered(target.client, name)).toEqual(await ordered(source.client, name));
        expect(storedIn(target.folder, to)).toEqual(storedIn(source.folder, from));
        await closeAll();
      },
    ),
    { numRuns: 8 },
  );
});

it('with its settings; a batch that is larger than is taken by now comes along as it is', async () => {
  const source = await newLab();
  await make(source.client, [{ name: 'orders', shards: 1, codec: 'none', appends: [{ shard: 0, events: 2, bytes: 3_000, stream: 0 }] }]);
  const settings = { retentionMs: null, retentionBytes: 200_000, compression: 'zstd' as const, batchBytesMax: 2_000, eventTimeField: 'at' };
  await source.client.streams.changeSettings({ name: 'orders', settings });
  const { file } = await exported(source.client);
  const target = await newLab();
  await imported(target.client, file);
  expect((await target.client.streams.list({}))[0]!.settings).toEqual(settings);
  expect(await ordered(target.client, 'orders')).toEqual(await ordered(source.client, 'orders'));
});

it('is appended to behind what came, and order holds', async () => {
  const source = await newLab(2);
  await make(source.client, [
    { name: 'orders', shards: 3, codec: 'none', appends: [0, 1, 2, 0].map((shard) => ({ shard, events: 5, bytes: 9, stream: 0 })) },
  ]);
  const { file } = await exported(source.client);
  const target = await newLab(2);
  await imported(target.client, file);
  const before = await ordered(target.client, 'orders');
  for (let n = 0; n < 6; n++) await target.client.produce.append({ stream: 'orders', records: [record(`later ${n}`, { shard: n % 3 })] });
  const after = await ordered(target.client, 'orders');
  expect(after.slice(0, before.length)).toEqual(before);
  expect(after).toHaveLength(before.length + 6);
  expect((after as { offset: bigint; shard: number }[]).filter(({ shard }) => shard === 0).map(({ offset }) => offset)).toEqual(
    Array.from({ length: 12 }, (_, n) => BigInt(n)),
  );
});

it('keeps what shards can be that no lab makes yet: closed, with a key range, parents and leader epochs', async () => {
  const source = await newLab();
  await make(source.client, [
    { name: 'orders', shards: 2, codec: 'none', appends: [0, 1].map((shard) => ({ shard, events: 5, bytes: 9, stream: 0 })) },
  ]);
  const past = { state: 'closed', keyLow: '0', keyHigh: String(2n ** 127n), leaderEpoch: 3, parents: [1] };
  const file = changed(partsOf((await exported(source.client)).file), 'streams/0000/0/shard.json', (head) => ({ ...head, ...past }));
  const target = await newLab();
  await imported(target.client, file);
  const again = await exported(target.client);
  expect(parsed(partsOf(again.file)[1]!)).toMatchObject(past);
  await expect(target.client.produce.append({ stream: 'orders', records: [record('x', { shard: 0 })] })).rejects.toThrow('is closed');
  expect(await ordered(target.client, 'orders')).toEqual(await ordered(source.client, 'orders'));
});
