/** A clock that is set back, and locks of processes that are gone. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { acquireLock, encodeBatch, openStore, verifyBatch, type Store } from '../../main/log/index.ts';
import { root, temporaryFolder } from '../unit/openLab.ts';
import { createRandom } from './random.ts';

const DAY_MS = 86_400_000;
const NOW_MS = Date.UTC(2026, 5, 1);

function fileOfATest(name: string): string {
  const { folder, remove } = temporaryFolder();
  onTestFinished(remove);
  return path.join(folder, name);
}

function appendOne(store: Store, shardId: number, value: string): bigint {
  const bytes = encodeBatch({ records: [{ key: null, value: Buffer.from(value), headers: [], timestamp: 1_000n }] });
  const [result] = store.append([{ shardId, bytes, header: verifyBatch(bytes) }]);
  if (!result || result instanceof Error) throw result;
  return result.appendTimeUs;
}

it('append times rise over a clock that jumps, over restarts, and over shards that are deleted', () => {
  const random = createRandom(41);
  const file = fileOfATest('broker.sqlite');
  let wall = NOW_MS;
  const open = (): Store => openStore({ path: file, brokerId: 1, now: () => wall });
  let store = open();
  let made = 0;
  const create = (): number => store.createShards([{ streamId: `s${made}`, stream: `s${made++}`, number: 0 }])[0]!.id;
  let shards = [create(), create()];
  let last = 0n;
  for (let n = 0; n < 600; n++) {
    wall += random.chance(0.1) ? random.between(-400, 200) * DAY_MS : random.between(0, 5);
    if (random.chance(0.05)) {
      store.close();
      store = open();
    }
    if (random.chance(0.02)) {
      store.deleteShards([shards[0]!]);
      while (store.reclaim(1_000));
      shards = [shards[1]!, create()];
    }
    const time = appendOne(store, random.pick(shards), String(n));
    expect(time).toBeGreaterThan(last);
    last = time;
  }
  store.close();
});

it('retention by age trims nothing that is new by a clock set back, and nothing before its time', () => {
  const file = fileOfATest('broker.sqlite');
  let wall = NOW_MS;
  const store = openStore({ path: file, brokerId: 1, now: () => wall });
  onTestFinished(() => store.close());
  const [shard] = store.createShards([{ streamId: 's', stream: 's', number: 0 }]);
  const id = shard!.id;
  store.setRetention([id], { ms: DAY_MS, bytes: null });
  const held = (): string[] => {
    while (store.reclaim(1_000));
    const { startOffset, nextOffset } = store.shards()[0]!;
    return [`${startOffset}`, `${nextOffset}`];
  };
  appendOne(store, id, 'before');
  wall -= 30 * DAY_MS;
  appendOne(store, id, 'while it is set back');
  expect(held()).toEqual(['0', '2']);
  // A day goes by on the clock that was set back; by the events' own time it has not.
  wall += 2 * DAY_MS;
  expect(held()).toEqual(['0', '2']);
  // Right again: what was appended meanwhile counts as appended when the clock was last right.
  wall = NOW_MS + DAY_MS - 1_000;
  appendOne(store, id, 'after');
  expect(held()).toEqual(['0', '3']);
  wall = NOW_MS + DAY_MS + 1_000;
  expect(held()).toEqual(['2', '3']);
});

it('the lock of a process that is killed is free at once, however often', async () => {
  const random = createRandom(42);
  const file = fileOfATest('lab.lock');
  for (let round = 0; round < 8; round++) {
    const holder = spawn(process.execPath, [path.join(root, 'tests/unit/log/lockHolder.ts'), file], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    // Half of them in the middle of taking it.
    if (round % 2 === 0) await once(holder.stdout, 'data');
    else await random.pause(120);
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    const lock = await acquireLock(file, { program: 'the next', pid: process.pid, since: '' }, { waitMs: 0 });
    lock.release();
  }
});
