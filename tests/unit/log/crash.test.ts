import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { decodeStored } from '../../../main/log/index.ts';
import { open, temporaryFolder } from './store/folder.ts';

/** Kills a writer in the middle of its work; the last offset it was told of. */
async function appendUntilKilled(path: string, afterMs: number): Promise<bigint> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'crashWriter.ts'), path], { stdio: ['ignore', 'pipe', 'inherit'] });
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
    const acknowledged = await appendUntilKilled(path, afterMs);
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
