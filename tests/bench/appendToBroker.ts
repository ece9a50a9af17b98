/**
 * For `bench log`: record batches as a producer sends them, encoded before, straight to the broker's socket, each producer on a connection of
 * its own (as processors have one). In what is measured: the way of the bytes from process to process, the broker's checks (each batch's CRC, each
 * record's length, offset and time), the commit, the sync, the acknowledgement. Not in it: making batches of events; the engine.
 *
 * One producer's batches of 100 B do not reach what is wanted of five rows a transaction (0.55 to 0.64, safe; eight reach it). Where the time goes, traced on two cores of
 * a virtual machine with nothing else running, safe, groups of about two of the five, medians, microseconds:
 *
 *   producer → read by the broker        330      of a batch, CPU: producer                  121
 *   checked                               52                       thread that answers       215
 *   → thread that writes                 268                       thread that writes        235
 *   commit                               463                       copying the checkpoint     85
 *   → thread that answers                159                       syncs                      74
 *   sync (1,330 beside a checkpoint)     643                       V8's own threads           65
 *   → producer                           332                       together                  795
 *   a batch, in all                      633                       raw SQLite            250 of 404
 *
 * So a batch needs three times the CPU of raw SQLite, on two cores, and its way, about 2.2 milliseconds, is shared by five. Not faster by more than
 * noise: two syncs at once, the sync in the thread that writes, commits of three of five, and the commit in the thread that answers, which saves two
 * hops and 50 of those microseconds of CPU.
 */
import path from 'node:path';
import { brokerContract } from '../../main/cluster/brokerContract.ts';
import { createBrokerLink } from '../../main/cluster/brokerLink.ts';
import { encodeBatch } from '../../main/log/index.ts';
import { createNodeSpawner } from '../../main/processes/nodeSpawner.ts';
import { connectLocal } from '../../main/rpc/adapters/localSocket.ts';
import { createPeer } from '../../main/rpc/peer.ts';
import { type BenchRecord, type Load, measureAppend, type Opened } from './append.ts';
import type { Figure } from './bench.ts';
import { root } from './lab.ts';

/** One producer and eight, of each durability. */
export async function appendToBroker(): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const [valueBytes, batches] of [
    [1024, 100],
    [100, 500],
  ] as const) {
    for (const producers of [1, 8]) {
      for (const durability of ['safe', 'fast'] as const)
        figures.push(
          ...(await measureAppend({
            what: 'append of batches to the broker',
            wanted: 0.7,
            open,
            valueBytes,
            batches,
            producers,
            durability,
          })),
        );
    }
  }
  return figures;
}

async function open(folder: string, { durability, producers }: Load, records: BenchRecord[]): Promise<Opened> {
  const link = createBrokerLink({
    controller: () => {
      throw new Error('Nothing listens here.');
    },

    boot: { brokerId: 1, file: path.join(folder, 'broker-1.sqlite'), durability },
    spawner: createNodeSpawner(path.join(root, 'dist/main')),
    changed() {},
    cameUp: async () => {},
  });
  await link.start();
  const [shard] = await link.client().createShards({ streamId: 'bench', stream: 'bench', numbers: [0] });
  const { address, secret } = await link.client().access({});
  const batches = [{ shardId: shard!.id, bytes: encodeBatch({ records }) }];
  const connected = async (): Promise<(underWay: number) => Promise<unknown>> => {
    const { broker } = createPeer(await connectLocal(address, secret)).client(brokerContract);
    return (underWay) => broker.append({ batches, underWay });
  };
  return { producers: await Promise.all(Array.from({ length: producers }, connected)), close: () => link.close() };
}
