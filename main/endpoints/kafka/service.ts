/** What a broker answers the engine about its Kafka listener (cluster/kafkaContract.ts). */
import type { DomainHandlers } from '../../api/contract.ts';
import type { kafkaContract } from '../../cluster/kafkaContract.ts';
import type { Log } from '../../log/index.ts';
import { type Listener, listen } from './listener.ts';
import { Memory } from './memory.ts';
import { createRecorder } from './recorder.ts';
import { createShardWaits } from './shardWaits.ts';
import { type Controller, followTopology, type KnownTopology } from './topology.ts';

export interface KafkaServiceParts {
  brokerId: number;
  log: Log;
  file: string;
  controller: () => Controller;
  now: () => number;
}

export interface KafkaService {
  handlers: DomainHandlers<(typeof kafkaContract)['kafka']>;
  close(): void;
}

export function createKafkaService({ brokerId, log, file, controller, now }: KafkaServiceParts): KafkaService {
  const recorder = createRecorder(brokerId, now);
  const abort = new AbortController();
  let opened: Promise<{ listener: Listener; topology: KnownTopology }> | null = null;

  async function open(asked: { port: number; isAsked: boolean }): Promise<{ listener: Listener; topology: KnownTopology }> {
    const topology = await followTopology(controller(), brokerId, abort.signal);
    const broker = { brokerId, log, file, topology, controller: controller(), waits: createShardWaits(log), appends: { underWay: 0 } };
    const listener = await listen(asked, { broker, memory: new Memory(), recorder, now });
    return { listener, topology };
  }

  return {
    handlers: {
      async open(asked) {
        opened ??= open(asked);
        const { listener } = await opened.catch((error: unknown) => {
          opened = null;
          throw error;
        });
        return { port: listener.port };
      },
      reached: async ({ generation }) => (await opened)?.topology.reached(generation),
      clients: () => recorder.clients(),
      watchClients: (_input, { signal }) => recorder.watchClients(signal),
      watchRequests: (_input, { signal }) => recorder.watchRequests(signal),
    },
    close() {
      abort.abort();
      void opened?.then(({ listener }) => listener.close()).catch(() => {});
    },
  };
}
