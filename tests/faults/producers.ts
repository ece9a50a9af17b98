/** Producers that write until they are told to stop, each over a connection of its own, whatever becomes of the lab meanwhile. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type LabClient, labContract } from '../../main/api/index.ts';
import { connectWebSocket } from '../../main/rpc/adapters/webSocket.ts';
import { createPeer } from '../../main/rpc/peer.ts';
import type { Ledger } from './ledger.ts';
import type { Random } from './random.ts';

/** Most events in one request. */
const REQUEST_EVENTS_MAX = 12;
/** After a failure, milliseconds. */
const PAUSE_MS = 10;

export async function connect(url: string): Promise<{ client: LabClient; close: () => void }> {
  const peer = createPeer(await connectWebSocket(url.replace('http:', 'ws:').replace('/?', '/rpc?')));
  return { client: peer.client(labContract), close: () => peer.close() };
}

export interface Producers {
  /** Codes of the failures that were met, and how often. */
  readonly failures: ReadonlyMap<string, number>;
  stop(): Promise<void>;
}

/** Each producer sends one request after the other, never the same twice. `url` is that of the lab as it is now. */
export function startProducers(
  count: number,
  stream: string,
  shards: number,
  url: () => string,
  ledger: Ledger,
  random: Random,
): Producers {
  const failures = new Map<string, number>();
  let isStopped = false;
  async function produce(producer: number): Promise<void> {
    let connection: Awaited<ReturnType<typeof connect>> | null = null;
    while (!isStopped) {
      try {
        connection ??= await connect(url());
      } catch {
        await sleep(PAUSE_MS);
        continue;
      }
      const targets = Array.from({ length: random.between(1, REQUEST_EVENTS_MAX) }, () => random.between(0, shards - 1));
      const { records, acknowledge } = ledger.begin(producer, targets);
      try {
        acknowledge(await connection.client.produce.append({ stream, records }, { deadlineMs: 5_000 }));
      } catch (error) {
        const { code = String(error) } = error as { code?: string };
        failures.set(code, (failures.get(code) ?? 0) + 1);
        if (code !== 'broker-down') {
          connection.close();
          connection = null;
        }
        await sleep(PAUSE_MS);
      }
    }
    connection?.close();
  }
  const all = Array.from({ length: count }, (_, producer) => produce(producer));
  return {
    failures,
    async stop() {
      isStopped = true;
      await Promise.all(all);
    },
  };
}
