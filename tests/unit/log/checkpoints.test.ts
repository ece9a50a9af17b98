import { existsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { CHECKPOINT_BYTES, createCheckpoints } from '../../../main/log/checkpoints.ts';
import { decodeStored, type Store } from '../../../main/log/index.ts';
import { batchOf, oneShard, open, temporaryFolder } from './store/folder.ts';

const threadFile = join(import.meta.dirname, '../../../main/log/checkpointThread.ts');
const MEBIBYTE = 1024 * 1024;

function set(file = threadFile) {
  const path = join(temporaryFolder(), 'broker.db');
  const store = open(path);
  const id = oneShard(store);
  const checkpoint = vi.fn<Store['checkpoint']>((options) => store.checkpoint(options));
  const checkpoints = createCheckpoints({ walState: () => store.walState(), checkpoint }, { path, threadFile: file });
  /** Batches of about a mebibyte, each a commit of its own. */
  const append = async (batches: number): Promise<void> => {
    for (let at = 0; at < batches; at++) {
      store.append([batchOf(id, 1000, 'v', 1000)]);
      checkpoints.committed(MEBIBYTE);
      await new Promise(setImmediate);
    }
  };
  const walBytes = (): number => (existsSync(`${path}-wal`) ? statSync(`${path}-wal`).size : 0);
  return { path, store, id, checkpoints, checkpoint, append, walBytes };
}

it('copy the write-ahead log in another thread, and let it begin again when that has ended', async () => {
  const { path, store, id, checkpoints, checkpoint, append, walBytes } = set();
  await append(11);
  expect(checkpoint).not.toHaveBeenCalled();
  await append(4);
  await vi.waitFor(() => expect(checkpoint).toHaveBeenCalledWith());
  expect(store.walState().pendingBytes).toBe(0);
  const before = walBytes();
  expect(before).toBeGreaterThan(CHECKPOINT_BYTES);
  await append(5);
  expect(walBytes()).toBe(before);
  store.close();
  await checkpoints.close();
  expect(walBytes()).toBe(0);
  const again = open(path);
  onTestFinished(() => again.close());
  expect(again.read(id, 0n, { upTo: 'highWatermark', bytesMax: 1e9 }).batches.flatMap(decodeStored)).toHaveLength(20_000);
});

it('copy here where the other thread has failed', async () => {
  const broken = join(temporaryFolder(), 'broken.mjs');
  writeFileSync(broken, `throw new Error('broken');`);
  const { store, checkpoints, checkpoint, append } = set(broken);
  await append(14);
  await vi.waitFor(() => expect(checkpoint).toHaveBeenCalledTimes(1));
  await append(14);
  expect(checkpoint.mock.calls.length).toBeGreaterThan(1);
  expect(store.walState().pendingBytes).toBeLessThan(CHECKPOINT_BYTES);
  store.close();
  await checkpoints.close();
});

it('empty it when nothing was committed for a second, and not before', async () => {
  const { store, checkpoints, append, walBytes } = set();
  await append(1);
  expect(walBytes()).toBeGreaterThan(MEBIBYTE);
  await vi.waitFor(() => expect(walBytes()).toBe(0));
  store.close();
  await checkpoints.close();
});
