import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { attributesOf, decodeStored, encodeBatch } from '../../../main/log/index.ts';
import { appended, oneShard, open, temporaryFolder, toAppend } from './store/folder.ts';

/** Kills a writer in the middle of its work; the last offset it was told of. */
async function writeUntilKilled(program: string, path: string, afterMs: number): Promise<bigint> {
  const child = spawn(process.execPath, [join(import.meta.dirname, program), path], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (output === '') setTimeout(() => child.kill('SIGKILL'), afterMs);
    output += text;
  });
  await once(child, 'close');
  return output
    .split('\n')
    .slice(0, -1)
    .map(BigInt)
    .reduce((a, b) => (a > b ? a : b), -1n);
}

it('everything acknowledged is there after a SIGKILL, without a gap', async () => {
  const path = join(temporaryFolder(), 'broker.db');
  for (const afterMs of [20, 90, 170]) {
    const acknowledged = await writeUntilKilled('crashWriter.ts', path, afterMs);
    expect(acknowledged).toBeGreaterThan(0n);
    const store = open(path);
    const id = store.shards()[0]?.id as number;
    let next = 0n;
    for (let isMore = true; isMore;) {
      const { batches, endOffset } = store.read(id, next, { upTo: 'highWatermark', bytesMax: 1024 * 1024 });
      for (const { offset } of batches.flatMap(decodeStored)) expect(offset).toBe(next++);
      isMore = next < endOffset;
    }
    expect(next).toBeGreaterThan(acknowledged);
    expect(store.shards()[0]).toMatchObject({ nextOffset: next, recordsTotal: next });
    store.close();
  }
});

it('a start that was moved into a batch is there after a SIGKILL, and all that is behind it', { timeout: 30_000 }, async () => {
  const path = join(temporaryFolder(), 'broker.db');
  const first = open(path);
  const records = Array.from({ length: 2_000 }, (_, n) => ({ key: null, value: Buffer.from(`v${n}`), headers: [], timestamp: BigInt(n) }));
  const id = oneShard(first);
  for (let batch = 0; batch < 10; batch++) appended(first, toAppend(id, encodeBatch({ records, attributes: attributesOf('gzip') })));
  first.close();
  for (const afterMs of [15, 60, 110]) {
    const told = await writeUntilKilled('crashCutter.ts', path, afterMs);
    expect(told).toBeGreaterThan(0n);
    const store = open(path);
    const { startOffset, nextOffset, recordsTrimmed, recordsTotal, bytes } = store.shards()[0]!;
    expect([nextOffset, recordsTotal, recordsTrimmed]).toEqual([20_000n, 20_000n, startOffset]);
    expect(startOffset).toBeGreaterThanOrEqual(told);
    let next = startOffset;
    let size = 0;
    while (next < nextOffset) {
      const { batches } = store.read(id, next, { upTo: 'highWatermark', bytesMax: 1024 * 1024 });
      size += batches.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
      for (const { offset, timestamp, value } of batches.flatMap(decodeStored)) {
        expect([offset, timestamp, value!.toString()]).toEqual([next, next % 2_000n, `v${next % 2_000n}`]);
        next++;
      }
    }
    expect(size).toBe(bytes);
    store.close();
  }
});
