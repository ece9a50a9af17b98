/** What is in the streams, once everything is counted: the lab counts what processors have written a moment after they say so. */
import type { LabClient } from '../../main/api/index.ts';
import { expect } from './lab.ts';

/** The events of each stream, by its name, when no processor has written more than is counted there. The processors stand still. */
export async function eventsCounted(client: LabClient): Promise<[string, number][]> {
  let events: [string, number][] = [];
  await expect(async () => {
    const processors = await client.processors.list({});
    events = (await client.streams.list({})).map(({ name, events: count }) => [name, count]);
    const written = processors.flatMap(({ out, bad }) => [...Object.values(out), bad]).reduce((sum, count) => sum + count, 0);
    const outputs = new Set(['bad', ...processors.flatMap(({ out }) => Object.keys(out))]);
    expect(events.filter(([name]) => outputs.has(name)).reduce((sum, [, count]) => sum + count, 0)).toBe(written);
  }).toPass();
  return events;
}
