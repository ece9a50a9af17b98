import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LabError } from '../../../main/api/errors.ts';
import { createCommitter, type BatchToAppend, type Store } from '../../../main/log/index.ts';
import { batchOf, oneShard, open, temporaryFolder } from './store/folder.ts';

/** A store that notes how many batches each of its transactions had. */
function observed(store: Store, commits: number[]): Pick<Store, 'append'> {
  return {
    append(batches: readonly BatchToAppend[]) {
      commits.push(batches.length);
      return store.append(batches);
    },
  };
}

function set(commitBytesMax = 1e6) {
  const store = open(join(temporaryFolder(), 'broker.db'));
  const id = oneShard(store);
  const commits: number[] = [];
  const committer = createCommitter(observed(store, commits), { commitBytesMax });
  return { store, id, commits, committer };
}

describe('the committer', () => {
  it('puts everything that waits into one transaction, and answers each caller for its own batches', async () => {
    const { store, id, commits, committer } = set();
    const answers = await Promise.all([
      committer.append([batchOf(id, 3), batchOf(id, 1)]),
      committer.append([batchOf(99, 1)]),
      committer.append([batchOf(id, 2)]),
    ]);
    expect(commits).toEqual([4]);
    expect(answers).toEqual([
      [expect.objectContaining({ baseOffset: 0n }), expect.objectContaining({ baseOffset: 3n })],
      [expect.objectContaining({ code: 'no-such-shard' })],
      [expect.objectContaining({ baseOffset: 4n, lastOffset: 5n })],
    ]);
    committer.close();
    store.close();
  });

  it('waits a moment for the others of a producer that has several under way, and not for one that is alone', async () => {
    const { store, id, commits, committer } = set();
    const turn = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    // A commit that takes its time: the wait is a part of that.
    await committer.append([batchOf(id, 1, 'v', 7_000_000)], 1);
    const several = [committer.append([batchOf(id, 1)], 5)];
    await turn();
    for (let sent = 2; sent <= 4; sent++) several.push(committer.append([batchOf(id, 1)], 5));
    await Promise.all(several);
    expect(commits).toEqual([1, 4]);
    // The last commit had company: the next may wait for it, but it comes to an end without.
    await committer.append([batchOf(id, 1)], 1);
    expect(commits).toEqual([1, 4, 1]);
    committer.close();
    store.close();
  });

  it('cuts a transaction at its limit, and lets a larger request go alone', async () => {
    const { store, id, commits, committer } = set(2_500);
    await Promise.all([1000, 1000, 1000, 9000, 100].map((bytes) => committer.append([batchOf(id, 1, 'v', bytes)])));
    expect(commits).toEqual([2, 1, 1, 1]);
    committer.close();
    store.close();
  });

  it('fails everyone whose transaction failed, and goes on', async () => {
    const store = open(join(temporaryFolder(), 'broker.db'));
    const id = oneShard(store);
    let isFull = true;
    const committer = createCommitter({
      append(batches) {
        if (isFull) throw new LabError('disk-full', 'The disk is full.');
        return store.append(batches);
      },
    });
    const both = await Promise.allSettled([committer.append([batchOf(id, 1)]), committer.append([batchOf(id, 1)])]);
    expect(both.map((outcome) => outcome.status === 'rejected' && outcome.reason.code)).toEqual(['disk-full', 'disk-full']);
    isFull = false;
    await expect(committer.append([batchOf(id, 1)])).resolves.toMatchObject([{ baseOffset: 0n }]);
    committer.close();
    store.close();
  });

  it('commits what waits when it is closed, and then takes nothing more', async () => {
    const { store, id, committer } = set();
    const waiting = committer.append([batchOf(id, 1)]);
    committer.close();
    expect(store.shards()[0]?.nextOffset).toBe(1n);
    await expect(waiting).resolves.toHaveLength(1);
    await expect(committer.append([batchOf(id, 1)])).rejects.toMatchObject({ code: 'broker-down' });
    store.close();
  });
});
