/** What a broker's file holds is a Kafka log: the bytes of a shard's batches, one after another, are a segment that Kafka reads. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, expect, it } from 'vitest';
import type { LabClient } from '../../../main/api/index.ts';
import type { LogRecord, NewRecord } from '../../../main/log/index.ts';
import { openLab, temporaryFolder } from '../../unit/openLab.ts';
import { createRandom } from '../seed.ts';
import { askKafka } from './library.ts';
import { base64, batchLine, type BatchFacts, expectSameLines, recordLine } from './lines.ts';
import { randomRecords } from './records.ts';

const SHARDS = 3;
const APPENDS = 60;
const MEBIBYTE = 1024 * 1024;
const stream = 'orders';

const random = createRandom(4);
const { folder, remove } = temporaryFolder();
afterAll(remove);

/** A row of the table `batch`, its columns as the index of the broker knows them. */
interface Row {
  base_offset: bigint;
  last_offset: bigint;
  record_count: bigint;
  max_timestamp: bigint;
  leader_epoch: bigint;
  producer_id: bigint;
  producer_epoch: bigint;
  first_sequence: bigint;
  bytes: Buffer;
}

it('the batches of each shard are a segment that Kafka reads', async () => {
  const lab = await openLab(folder);
  await lab.client.streams.create({ name: stream, shards: SHARDS });
  const first = await append(lab.client);
  // Offsets go on after a crash as if there had been none.
  await lab.killBroker();
  await lab.brokerUp();
  const sent = [...first, ...(await append(lab.client))];
  await lab.close();

  const expected = await byShard(sent);
  const shards = readRows(lab.brokerFile);
  expect(shards.length).toBe(SHARDS);
  const files = shards.map((rows, shard) => {
    expect(rows.length).toBeGreaterThan(APPENDS / 2);
    const file = path.join(folder, `shard-${shard}.log`);
    writeFileSync(file, Buffer.concat(rows.map(({ bytes }) => bytes)));
    return file;
  });
  expectSameLines(
    shards.flatMap((rows, shard) => segmentLines(rows, expected[shard]!)),
    await askKafka('read-files', files, ''),
  );
});

async function append(client: LabClient): Promise<NewRecord[]> {
  const sent: NewRecord[] = [];
  for (let left = APPENDS; left > 0; left--) {
    // A record without a key may go to any shard, and which one is nobody's business: here all have one.
    const records = randomRecords(random, random.between(1, 150), 'any').map((record) => ({
      ...record,
      key: record.key ?? random.bytes(8),
    }));
    if (left % 20 === 0) records.push({ ...records[0]!, value: random.bytes(MEBIBYTE) });
    await client.produce.append({
      stream,
      records: records.map((record) => ({ ...record, headers: record.headers.map(([name, value]) => [name, value]), shard: null })),
    });
    sent.push(...records);
  }
  return sent;
}

/** The records in the shards where Kafka would put them, with offsets from 0 and without a gap. */
async function byShard(sent: readonly NewRecord[]): Promise<LogRecord[][]> {
  const shards: LogRecord[][] = Array.from({ length: SHARDS }, () => []);
  const answers = await askKafka('hash', [String(SHARDS)], sent.map(({ key }) => `${base64(key)}\n`).join(''));
  sent.forEach((record, index) => {
    const shard = shards[Number(answers[index]!.split('\t')[1])]!;
    shard.push({ ...record, offset: BigInt(shard.length) });
  });
  return shards;
}

function readRows(file: string): Row[][] {
  const db = new Database(file, { readonly: true });
  try {
    const numbers = db.prepare('SELECT id FROM shard WHERE stream = ? ORDER BY number').pluck().all(stream);
    const rows = db.prepare('SELECT * FROM batch WHERE shard_id = ? ORDER BY base_offset').safeIntegers();
    return numbers.map((id) => rows.all(id) as Row[]);
  } finally {
    db.close();
  }
}

/** What Kafka must read: the columns beside the bytes, and the records that were sent. */
function segmentLines(rows: readonly Row[], records: readonly LogRecord[]): string[] {
  const lines: string[] = [];
  let next = 0;
  for (const row of rows) {
    const facts: BatchFacts = {
      valid: true,
      magic: 2,
      sizeBytes: row.bytes.length,
      baseOffset: BigInt(next),
      lastOffset: row.last_offset,
      leaderEpoch: Number(row.leader_epoch),
      maxTimestamp: row.max_timestamp,
      producerId: row.producer_id,
      producerEpoch: Number(row.producer_epoch),
      firstSequence: Number(row.first_sequence),
      recordCount: Number(row.record_count),
      logAppendTime: false,
      transactional: false,
      control: false,
      codec: 'none',
    };
    const own = records.slice(next, (next += Number(row.record_count)));
    lines.push(batchLine(facts), ...own.map(recordLine));
  }
  expect(next).toBe(records.length);
  const bytes = rows.reduce((sum, row) => sum + row.bytes.length, 0);
  return [...lines, `end\tbytes=${bytes}`];
}
