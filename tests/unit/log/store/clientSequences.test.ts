/** Batches that clients number as Kafka's idempotent producers do. */
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { encodeBatch } from '../../../../main/log/index.ts';
import { CLIENT_KEPT_US } from '../../../../main/log/store/clientSequences.ts';
import { appended, oneShard, open, temporaryFolder, toAppend } from './folder.ts';

interface Numbered {
  sequence: number;
  count?: number;
  epoch?: number;
  producer?: bigint;
}

function numbered(
  id: number,
  { sequence, count = 2, epoch = 0, producer = 7n }: Numbered,
): ReturnType<typeof toAppend> & { isOfClient: true } {
  const records = Array.from({ length: count }, () => ({ key: null, value: null, headers: [], timestamp: 1n }));
  return {
    ...toAppend(id, encodeBatch({ records, producerId: producer, producerEpoch: epoch, firstSequence: sequence })),
    isOfClient: true,
  };
}

describe('batches of a client', () => {
  it('are there once, also after a reopening, and a copy is answered with the offsets of the first', () => {
    const path = join(temporaryFolder(), 'broker.db');
    const store = open(path);
    const id = oneShard(store);
    appended(store, numbered(id, { sequence: 0 }), numbered(id, { sequence: 2, count: 3 }));
    expect(appended(store, numbered(id, { sequence: 2, count: 3 }))).toMatchObject([{ baseOffset: 2n, lastOffset: 4n }]);
    store.close();
    const again = open(path);
    const copies = appended(again, numbered(id, { sequence: 0 }), numbered(id, { sequence: 2, count: 3 }), numbered(id, { sequence: 5 }));
    expect(copies).toMatchObject([{ baseOffset: 0n }, { baseOffset: 2n }, { baseOffset: 5n }]);
    expect(again.shards()[0]).toMatchObject({ recordsTotal: 7n });
    again.close();
  });

  it('are refused where one is missing before them, and where a copy is older than the five that are remembered', () => {
    const store = open(join(temporaryFolder(), 'broker.db'));
    const id = oneShard(store);
    for (let sequence = 0; sequence < 12; sequence += 2) appended(store, numbered(id, { sequence }));
    expect(store.append([numbered(id, { sequence: 14 })])).toMatchObject([{ code: 'out-of-sequence' }]);
    expect(store.append([numbered(id, { sequence: 2 })])).toMatchObject([{ baseOffset: 2n }]);
    expect(store.append([numbered(id, { sequence: 0 })])).toMatchObject([{ code: 'out-of-sequence' }]);
    // The same beginning, but not the same batch.
    expect(store.append([numbered(id, { sequence: 2, count: 1 })])).toMatchObject([{ code: 'out-of-sequence' }]);
    store.close();
  });

  it('begin anew with an epoch, and those of the one before are over', () => {
    const store = open(join(temporaryFolder(), 'broker.db'));
    const id = oneShard(store);
    appended(store, numbered(id, { sequence: 0 }));
    expect(store.append([numbered(id, { sequence: 2, epoch: 1 })])).toMatchObject([{ code: 'out-of-sequence' }]);
    appended(store, numbered(id, { sequence: 0, epoch: 1 }));
    expect(store.append([numbered(id, { sequence: 2 })])).toMatchObject([{ code: 'fenced' }]);
    expect(store.append([numbered(id, { sequence: 0, epoch: 1 })])).toMatchObject([{ baseOffset: 2n }]);
    store.close();
  });

  it('may begin at any number where the client is not known, and go on at 0 behind the greatest', () => {
    const store = open(join(temporaryFolder(), 'broker.db'));
    const id = oneShard(store);
    const batches = [
      numbered(id, { sequence: 2 ** 31 - 2, count: 1 }),
      numbered(id, { sequence: 2 ** 31 - 1 }),
      numbered(id, { sequence: 1 }),
    ];
    expect(appended(store, ...batches)).toMatchObject([{ baseOffset: 0n }, { baseOffset: 1n }, { baseOffset: 3n }]);
    store.close();
  });

  it('are forgotten a day after the last, when another client comes', () => {
    let nowMs = 1_700_000_000_000;
    const store = open(join(temporaryFolder(), 'broker.db'), { now: () => nowMs });
    const id = oneShard(store);
    appended(store, numbered(id, { sequence: 0 }));
    expect(store.append([numbered(id, { sequence: 9 })])).toMatchObject([{ code: 'out-of-sequence' }]);
    nowMs += Number(CLIENT_KEPT_US / 1000n) + 1;
    appended(store, numbered(id, { sequence: 0, producer: 8n }));
    expect(store.append([numbered(id, { sequence: 9 })])).toMatchObject([{ baseOffset: 4n }]);
    store.close();
  });

  it('with no producer’s number are not held against anything', () => {
    const store = open(join(temporaryFolder(), 'broker.db'));
    const id = oneShard(store);
    const plain = numbered(id, { sequence: -1, producer: -1n });
    appended(store, plain);
    expect(appended(store, numbered(id, { sequence: -1, producer: -1n }))).toMatchObject([{ baseOffset: 2n }]);
    store.close();
  });
});

describe('a file of format 3', () => {
  it('is opened with what its producers were numbered up to', () => {
    const path = join(temporaryFolder(), 'broker.db');
    copyFileSync(join(import.meta.dirname, 'files/format3.sqlite'), path);
    const store = open(path);
    const { id, recordsTotal } = store.shards()[0]!;
    expect(recordsTotal).toBe(4n);
    const { isOfClient: _, ...next } = numbered(id, { sequence: 4 });
    const { isOfClient: __, ...known } = numbered(id, { sequence: 2 });
    expect(appended(store, { ...known, isInSequence: true }, { ...next, isInSequence: true })).toMatchObject([
      { baseOffset: -1n },
      { baseOffset: 4n },
    ]);
    store.close();
  });
});
