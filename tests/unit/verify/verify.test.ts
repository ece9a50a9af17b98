/** Verifying the log: whole, damaged in some batches, and where pages of the file can not be read. */
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { VerifyReport } from '../../../main/api/verify.ts';
import { openLab, readWhole, record, temporaryFolder, type TestLab } from '../openLab.ts';

let temporary: ReturnType<typeof temporaryFolder>;
let lab: TestLab;
beforeEach(async () => {
  temporary = temporaryFolder();
  lab = await openLab(temporary.folder);
  await lab.client.streams.create({ name: 'orders', shards: 2 });
  await lab.client.streams.create({ name: 'clicks', shards: 1 });
  for (let batch = 0; batch < 6; batch++) {
    const records = Array.from({ length: 100 }, (_, n) => record(`${batch}-${n}-${'x'.repeat(500)}`, { shard: batch % 2 }));
    await lab.client.produce.append({ stream: 'orders', records });
  }
  await lab.client.produce.append({ stream: 'clicks', records: [record('one')] });
});
afterEach(async () => {
  await lab.close();
  temporary.remove();
});

async function verified(stream?: string): Promise<VerifyReport> {
  let last: VerifyReport | null = null;
  for await (const report of lab.client.verify.run(stream === undefined ? {} : { stream })) last = report;
  return last!;
}

async function whileClosed(work: () => void): Promise<void> {
  await lab.close();
  work();
  lab = await openLab(temporary.folder);
}

it('of a whole log counts what it looked at', async () => {
  const report = await verified();
  expect(report).toMatchObject({ shards: 3, batches: 7, damages: [], damagedBatches: 0, isOver: true });
  expect(report.bytes).toBeGreaterThan(300_000);
  expect(await verified('clicks')).toMatchObject({ shards: 1, batches: 1 });
  await expect(verified('nowhere')).rejects.toMatchObject({ code: 'no-such-stream' });
});

it('names damaged batches by shard and offsets, and the others stay readable', async () => {
  await whileClosed(() => {
    const db = new Database(lab.brokerFile);
    const { rowid, bytes } = db
      .prepare<[], { rowid: number; bytes: Buffer }>('SELECT rowid, bytes FROM batch WHERE shard_id = 2 AND base_offset = 100')
      .get()!;
    bytes[300] = bytes[300]! ^ 4;
    db.prepare('UPDATE batch SET bytes = ? WHERE rowid = ?').run(bytes, rowid);
    db.close();
  });
  const report = await verified();
  expect(report).toMatchObject({ batches: 7, damagedBatches: 1, isOver: true });
  expect(report.damages).toEqual([
    {
      stream: 'orders',
      shard: 1,
      firstOffset: 100n,
      lastOffset: 199n,
      reason: expect.stringContaining('its checksum does not match') as string,
    },
  ]);
  const { records, gaps } = await readWhole(lab.client, 'orders');
  expect(records).toHaveLength(500);
  expect(gaps).toMatchObject([{ shard: 1, firstOffset: 100n, lastOffset: 199n }]);
});

it('goes past pages that can not be read', async () => {
  await whileClosed(() => {
    // An overflow page begins with the number of the next one; this one leads nowhere.
    const at = readFileSync(lab.brokerFile).indexOf(`2-50-${'x'.repeat(500)}`);
    const page = Math.floor(at / 16_384);
    const file = openSync(lab.brokerFile, 'r+');
    writeSync(file, Buffer.from([0x7f, 0xff, 0xff, 0xff]), 0, 4, page * 16_384);
    closeSync(file);
  });
  const report = await verified();
  expect(report.isOver).toBe(true);
  expect(report.damagedBatches).toBe(1);
  expect(report.damages[0]).toMatchObject({ stream: 'orders', shard: 0, reason: 'Its bytes can not be read from the file.' });
  expect(report.batches).toBe(7);
});
