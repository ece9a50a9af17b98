/** What processors cost, live, in processes of their own over a broker with durability `safe`. */
import type { Figure } from './bench.ts';
import { idle } from './processorIdle.ts';
import { latency } from './processorLatency.ts';
import { rates } from './processorRates.ts';
import { restore } from './processorRestore.ts';

export async function processors(): Promise<Figure[]> {
  return [...(await rates()), await restore(), await latency(), await idle()];
}
