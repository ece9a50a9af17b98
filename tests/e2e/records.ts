/** Events for the tests, and quick ways to put many of them into a stream. */
import type { LabClient } from '../../main/api/index.ts';
import { APPEND_EVENTS_MAX, type NewRecord } from '../../main/api/values.ts';

/** Appends under way at once. */
const APPENDS_MAX = 4;

export function record(change: { key?: string | null; value?: string | null; time?: string; shard?: number } = {}): NewRecord {
  const bytes = (text: string | null): Uint8Array | null => (text === null ? null : Buffer.from(text));
  return {
    key: bytes(change.key ?? null),
    value: bytes(change.value === undefined ? '{}' : change.value),
    headers: [],
    timestamp: change.time === undefined ? null : BigInt(Date.parse(change.time)),
    shard: change.shard ?? null,
  };
}

/** Number `n` of a shop's events: keys 0 to 996, one second apart. */
export function view(n: number): NewRecord {
  const value = `{"event":"SHOPPER_VIEWED_PRODUCT","n":${n},"shopper":{"id":"${n % 997}"},"product":{"name":"AvidReader"}}`;
  return { ...record({ key: String(n % 997), value }), timestamp: BigInt(Date.UTC(2018, 9, 15, 9) + n * 1000) };
}

export const views = (from: number, count: number): NewRecord[] => Array.from({ length: count }, (_, index) => view(from + index));

/** Appends `count` views, as fast as the lab takes them. */
export async function appendViews(client: LabClient, stream: string, count: number): Promise<void> {
  const underWay = new Set<Promise<unknown>>();
  for (let from = 0; from < count; from += APPEND_EVENTS_MAX) {
    const append = client.produce.append({ stream, records: views(from, Math.min(APPEND_EVENTS_MAX, count - from)) });
    underWay.add(append);
    void append.finally(() => underWay.delete(append)).catch(() => {});
    if (underWay.size >= APPENDS_MAX) await Promise.race(underWay);
  }
  await Promise.all(underWay);
}
