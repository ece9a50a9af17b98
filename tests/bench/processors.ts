/** What processors cost, live, in processes of their own over a broker with durability `safe`. */
import type { Figure } from './bench.ts';
import { idle } from './processorIdle.ts';
import { latency } from './processorLatency.ts';
import { countByKey, passThrough } from './processorRates.ts';
import { restore } from './processorRestore.ts';

/** Each can be run by itself. */
export const processors = {
  pass: async (): Promise<Figure[]> => [await passThrough()],
  count: async (): Promise<Figure[]> => [await countByKey()],
  restore: async (): Promise<Figure[]> => [await restore()],
  latency: async (): Promise<Figure[]> => [await latency()],
  idle: async (): Promise<Figure[]> => [await idle()],
};
