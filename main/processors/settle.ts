/**
 * Sends what tasks have committed for other brokers and did not get to send before their process ended, as their next life would do first
 * (process/live/outbox.ts). Their process must not run meanwhile.
 */
import { LabError } from '../api/errors.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { storedColumns } from '../log/index.ts';
import type { StreamPlaces } from '../streams/streamPlaces.ts';
import { NO_SAVED, type OutboxEntry, readChangelog, type SavedTask } from './process/live/changelog.ts';
import { Outbox } from './process/live/outbox.ts';

/** Of a state stream, read and decoded at once, bytes: a few milliseconds. */
const SLICE_BYTES = 512 * 1024;

/** `producerId`: of the processor. Throws `batch-damaged` where it can not be known what waits, and what a broker refuses. */
export async function settle(cluster: Cluster, state: StreamPlaces, producerId: string): Promise<void> {
  for (const place of state.shards) {
    let saved: SavedTask = NO_SAVED;
    let entries: OutboxEntry[] = [];
    const [bounds] = await cluster.bounds([place]);
    const { startOffset, endOffset } = bounds!;
    for (let from = startOffset; from < endOffset;) {
      const { batches } = await cluster.fetch(place, from, SLICE_BYTES);
      if (batches.length === 0) break;
      for (const batch of batches) {
        readChangelog(storedColumns(batch), {
          store: () => {},
          task: (told) => void (saved = told),
          outbox: (entry) => void entries.push(entry),
          moved: () => {
            saved = { ...saved, sequences: [], sent: [] };
            entries = [];
          },
        });
      }
      from = batches.at(-1)!.lastOffset + 1n;
    }
    let failure: unknown = null;
    const senders = cluster.brokers().map(({ id }) => [id, { send: senderTo(cluster, id) }] as const);
    const failed = (error: unknown): void => void (failure ??= error);
    const outbox = new Outbox({ producerId: BigInt(producerId) + BigInt(place.number), brokers: new Map(senders), saved, failed });
    outbox.send(
      entries.filter((entry) => !outbox.isSent(entry)),
      0n,
    );
    await outbox.drainedBelow(1);
    if (failure) throw failure;
  }
}

/** What was for a stream that was deleted meanwhile is for nobody. */
function senderTo(cluster: Cluster, brokerId: number): (sent: { batches: { shardId: number; bytes: Uint8Array }[] }) => Promise<void> {
  return ({ batches }) =>
    cluster.send(brokerId, batches).catch((error: unknown) => {
      if (!(error instanceof LabError) || error.code !== 'no-such-shard') throw error;
    });
}
