/** The Kafka listeners of all brokers, as the engine has them opened: at its start, and again each time that a broker comes up. */
import { LabError, toLabError } from '../../api/errors.ts';
import type { Cluster } from '../../cluster/cluster.ts';

/** Kafka's port: that of the first broker, where none is asked for. */
export const KAFKA_PORT_DEFAULT = 9092;
/** After a broker came up and its port was not to be had, it is tried again, milliseconds. */
const RETRY_MS = 2_000;

export interface KafkaListeners {
  /** By broker; those that do not listen just now are missing. */
  get(): ReadonlyMap<number, number>;
  onChange(listener: () => void): () => void;
  /** Resolves when all brokers that are up listen. Rejects with `port-taken`. */
  open(): Promise<void>;
  close(): void;
}

/** `port`: of the first broker, each further one has the next. Null for the default, or the next free one; 0 for any. */
export function createKafkaListeners(cluster: Cluster, port: number | null): KafkaListeners {
  const ports = new Map<number, number>();
  /** Which life of each broker was opened, or is being. */
  const lives = new Map<number, number>();
  /** What each had before: clients know it. */
  const known = new Map<number, number>();
  const listeners = new Set<() => void>();
  const timers = new Set<NodeJS.Timeout>();
  let stop: () => void = () => {};

  function changed(): void {
    for (const listener of listeners) listener();
  }

  async function open(id: number, life: number): Promise<void> {
    lives.set(id, life);
    if (ports.delete(id)) changed();
    const opened = await cluster.kafka(id).open(wanted(id));
    ports.set(id, opened.port);
    known.set(id, opened.port);
    changed();
  }

  function wanted(id: number): { port: number; isAsked: boolean } {
    if (port !== null && port > 0) {
      const own = port + id - 1;
      if (own > 65_535)
        throw new LabError('bad-input', `Broker ${id} would listen on port ${own}, which there is not. Choose a lower --kafka-port.`);
      return { port: own, isAsked: true };
    }
    const own = known.get(id);
    if (own !== undefined) return { port: own, isAsked: false };
    return port === 0 ? { port: 0, isAsked: true } : { port: KAFKA_PORT_DEFAULT + id - 1, isAsked: false };
  }

  function look(): void {
    for (const { id, state, restarts } of cluster.brokers()) {
      if (state === 'up' && lives.get(id) !== restarts) void openAgain(id, restarts);
    }
  }

  async function openAgain(id: number, life: number): Promise<void> {
    try {
      await open(id, life);
    } catch (error) {
      if (lives.get(id) !== life || toLabError(error).code === 'broker-down') return;
      console.error(`Broker ${id} has no Kafka listener: ${toLabError(error).message}`);
      const timer = setTimeout(() => {
        timers.delete(timer);
        if (lives.get(id) === life) void openAgain(id, life);
      }, RETRY_MS);
      timers.add(timer);
    }
  }

  return {
    get: () => ports,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async open() {
      const up = cluster.brokers().filter(({ state }) => state === 'up');
      await Promise.all(up.map(({ id, restarts }) => open(id, restarts)));
      stop = cluster.onChange(look);
    },
    close() {
      stop();
      for (const timer of timers) clearTimeout(timer);
    },
  };
}
