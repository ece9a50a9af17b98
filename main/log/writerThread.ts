/**
 * The thread of a broker that writes its file. A commit that waits for the disk holds up nothing but other writes: the requests of the
 * engine are taken in, checked and answered, and batches read, in the thread that started it (log.ts).
 */
import { parentPort, workerData } from 'node:worker_threads';
import { serializeError } from '../api/errors.ts';
import { createCheckpoints } from './checkpoints.ts';
import { createCommitter } from './committer.ts';
import { createHousekeeper } from './housekeeper.ts';
import type { BatchToAppend } from './store/append.ts';
import { openStore, type Store } from './store/store.ts';
import {
  outcomeOf,
  type Answer,
  type Asked,
  type BatchInQueue,
  type FromWriter,
  type WriterBoot,
  type WriterCalls,
} from './writerMessages.ts';

const port = parentPort!;
const post = (message: FromWriter): void => port.postMessage(message);

try {
  const boot = workerData as WriterBoot;
  const store = openStore({ ...boot, now: Date.now });
  post({ type: 'opened', shards: store.shards() });
  serve(store, boot);
} catch (error) {
  post({ type: 'failed', error: serializeError(error) });
  port.close();
}

function serve(store: Store, { path, checkpointFile, queue }: WriterBoot): void {
  const checkpoints = createCheckpoints(store, { path, threadFile: checkpointFile });
  const committer = createCommitter(store, { committed: checkpoints.committed });
  let answers: Answer[] = [];
  let isTold = true;
  const housekeeper = createHousekeeper(store, () => {
    checkpoints.look();
    tellSoon();
  });
  const calls: WriterCalls = {
    append: async (batches, underWay, options) => (await committer.append(batches.map(fromQueue), underWay, options)).map(outcomeOf),
    createShards: (shards) => store.createShards(shards),
    restoreShard: (id, restored) => store.restoreShard(id, restored),
    deleteShards(ids) {
      store.deleteShards(ids);
      housekeeper.wake();
    },
    deleteEmptyShards: (ids) => store.deleteEmptyShards(ids),
    setRetention(ids, retention) {
      store.setRetention(ids, retention);
      housekeeper.wake();
    },
    trimBefore(id, offset) {
      store.trimBefore(id, offset);
      housekeeper.wake();
    },
    async beginAt(id, offset) {
      store.beginAt(id, offset);
      await housekeeper.until(() => !store.isBeginning(id));
    },
    passTime: (since) => store.passTime(since),
    checkpoint: () => void store.checkpoint(),
    async close() {
      committer.close();
      housekeeper.close();
      store.close();
      await checkpoints.close();
      // The thread ends when it has nothing to wait for; what is answered in this turn still goes out.
      setImmediate(() => port.close());
    },
  };
  const fromQueue = ({ at, length, ...batch }: BatchInQueue): BatchToAppend => ({ ...batch, bytes: Buffer.from(queue, at, length) });
  port.on('message', (asked: readonly Asked[]) => asked.forEach((call) => void answer(call)));

  async function answer({ id, method, args }: Asked): Promise<void> {
    const call = calls[method] as (...args: readonly unknown[]) => unknown;
    try {
      // Awaited first: meanwhile `answers` may have become another array.
      const value = await call(...args);
      answers.push({ id, ok: true, value });
    } catch (error) {
      answers.push({ id, ok: false, error: serializeError(error) });
    }
    tellSoon();
  }

  /** One message for everything that one commit has answered. */
  function tellSoon(): void {
    if (!isTold) return;
    isTold = false;
    queueMicrotask(() => {
      isTold = true;
      post({ type: 'done', ...store.takeChanges(), answers });
      answers = [];
    });
  }
}
