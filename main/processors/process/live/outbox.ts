/**
 * What a task emits for shards of other brokers. Such batches are committed with the task's state, each with its number in a sequence, and sent
 * after the commit, as often as it takes; the broker that gets them knows the sequence and takes each once (log/store/producerTable.ts). So what
 * was committed comes to be there exactly once, a moment later.
 */
import type { BrokerClient } from '../../../cluster/brokerLink.ts';
import type { OutboxEntry, SavedTask } from './changelog.ts';
import type { OutgoingBatch } from './outputs.ts';

/** Batches that wait to be sent, bytes: beyond it the task waits. */
export const OUTBOX_BYTES_MAX = 8 * 1024 * 1024;

const SEQUENCES = 2 ** 31;

/** An entry, and the offset in the state stream from which it is kept. */
interface Waiting {
  entry: OutboxEntry;
  keptFrom: bigint;
}

export class Outbox {
  readonly #producerId: bigint;
  readonly #brokers: ReadonlyMap<number, Pick<BrokerClient, 'send'>>;
  readonly #failed: (error: unknown) => void;
  readonly #sequences: Map<string, number>;
  readonly #sent: Map<string, number>;
  /** By broker, in the order of their commits. */
  readonly #waiting = new Map<number, Waiting[]>();
  readonly #sending = new Set<number>();
  #bytes = 0;
  /** Those who wait for less to wait. */
  #wakes: (() => void)[] = [];

  constructor(options: {
    producerId: bigint;
    brokers: ReadonlyMap<number, Pick<BrokerClient, 'send'>>;
    saved: Pick<SavedTask, 'sequences' | 'sent'>;
    failed: (error: unknown) => void;
  }) {
    this.#producerId = options.producerId;
    this.#brokers = options.brokers;
    this.#failed = options.failed;
    this.#sequences = new Map(options.saved.sequences);
    this.#sent = new Map(options.saved.sent);
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** For the next commit. */
  get saved(): Pick<SavedTask, 'sequences' | 'sent'> {
    return { sequences: [...this.#sequences], sent: [...this.#sent] };
  }

  /** From which offset on the state stream must be kept for what waits; null where nothing does. */
  get keptFrom(): bigint | null {
    const first = [...this.#waiting.values()].flatMap((waiting) => waiting[0]?.keptFrom ?? []);
    return first.length === 0 ? null : first.reduce((least, offset) => (offset < least ? offset : least));
  }

  /** Numbers a batch; it is to be committed, then {@link send}. */
  entryOf({ brokerId, shardId, batch }: OutgoingBatch): OutboxEntry {
    const place = placeOf({ brokerId, shardId });
    const firstSequence = this.#sequences.get(place) ?? 0;
    this.#sequences.set(place, (firstSequence + batch.count) % SEQUENCES);
    const bytes = batch.finish({ producerId: this.#producerId, producerEpoch: 0, firstSequence });
    return { brokerId, shardId, firstSequence, records: batch.count, bytes };
  }

  /** Of an earlier life: whether it is known to have been sent then. */
  isSent(entry: OutboxEntry): boolean {
    const next = this.#sent.get(placeOf(entry)) ?? 0;
    const behind = (next - entry.firstSequence + SEQUENCES) % SEQUENCES;
    return behind > 0 && behind < SEQUENCES / 2;
  }

  /** They are committed, from this offset on. */
  send(entries: readonly OutboxEntry[], keptFrom: bigint): void {
    for (const entry of entries) {
      this.#bytes += entry.bytes.length;
      const waiting = this.#waiting.get(entry.brokerId) ?? [];
      waiting.push({ entry, keptFrom });
      this.#waiting.set(entry.brokerId, waiting);
    }
    for (const [brokerId, waiting] of this.#waiting) {
      if (waiting.length === 0 || this.#sending.has(brokerId)) continue;
      this.#sending.add(brokerId);
      void this.#sendAll(brokerId, waiting).finally(() => {
        this.#sending.delete(brokerId);
        this.#wake();
      });
    }
  }

  /** Resolves when less than `bytes` wait, or nothing is sent any more since it has failed. */
  async drainedBelow(bytes: number): Promise<void> {
    while (this.#bytes >= bytes && this.#sending.size > 0) await new Promise<void>((resolve) => this.#wakes.push(resolve));
  }

  #wake(): void {
    for (const wake of this.#wakes.splice(0)) wake();
  }

  async #sendAll(brokerId: number, waiting: Waiting[]): Promise<void> {
    try {
      for (let next = waiting[0]; next; next = waiting[0]) {
        const { shardId, firstSequence, records, bytes } = next.entry;
        await this.#brokers.get(brokerId)!.send({ batches: [{ shardId, bytes }] });
        waiting.shift();
        this.#bytes -= bytes.length;
        this.#sent.set(placeOf(next.entry), (firstSequence + records) % SEQUENCES);
        this.#wake();
      }
    } catch (error) {
      this.#failed(error);
    }
  }
}

/** Each broker numbers its shards by itself. */
function placeOf({ brokerId, shardId }: { brokerId: number; shardId: number }): string {
  return `${brokerId}/${shardId}`;
}
