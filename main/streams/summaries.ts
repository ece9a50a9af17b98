/** What the page shows of the streams: counts, bytes and rates, kept up with the brokers' reports. */
import type { ShardSummary, StreamSummary } from '../api/streams.ts';
import type { Cluster, ShardPlace } from '../cluster/cluster.ts';
import { createRateMeter, RATE_SAMPLE_MS, type RateMeter } from './rates.ts';
import { isInternal, type StreamRegistry } from './registry.ts';
import { isLost, type StreamPlaces } from './streamPlaces.ts';

export interface Summaries {
  all(): StreamSummary[];
  of(stream: StreamPlaces): StreamSummary;
  /** Events and bytes a second over all streams. */
  total(): { eventsPerSecond: number; bytesPerSecond: number };
  /** Called at changes, and while rates fall to zero. */
  onChange(listener: () => void): () => void;
  close(): void;
}

export function createSummaries(registry: StreamRegistry, cluster: Cluster, now: () => number): Summaries {
  const meters = new Map<string, RateMeter>();
  const listeners = new Set<() => void>();
  const changed = (): void => listeners.forEach((listener) => listener());
  let moving = false;

  const ticker = setInterval(() => {
    sampleAll();
    const { eventsPerSecond } = total();
    if (moving || eventsPerSecond > 0) changed();
    moving = eventsPerSecond > 0;
  }, RATE_SAMPLE_MS);
  ticker.unref();
  const stops = [cluster.onChange(changed), registry.onChange(changed)];

  function sampleAll(): void {
    const known = new Set<string>();
    for (const stream of registry.all()) {
      known.add(stream.id);
      const meter = meters.get(stream.id) ?? createRateMeter();
      meters.set(stream.id, meter);
      const states = stream.shards.map((place) => cluster.state(place));
      meter.sample(now(), [sum(states.map((state) => Number(state?.recordsTotal ?? 0n))), sum(states.map((state) => state?.bytes ?? 0))]);
    }
    for (const id of meters.keys()) if (!known.has(id)) meters.delete(id);
  }

  function rates(id: string): [number, number] {
    const [events = 0, bytes = 0] = meters.get(id)?.rates(now()) ?? [];
    return [events, bytes];
  }

  function of(stream: StreamPlaces): StreamSummary {
    const problem = isLost(stream) ? stream.problem : null;
    const shards = problem === null ? stream.shards.map((place) => summarize(place)) : [];
    const [eventsPerSecond, bytesPerSecond] = rates(stream.id);
    return {
      name: stream.name,
      isInternal: isInternal(stream.name),
      createdAt: stream.createdAt,
      shards,
      problem,
      events: sum(shards.map((shard) => shard.events)),
      bytes: sum(shards.map((shard) => shard.bytes)),
      eventsPerSecond,
      bytesPerSecond,
      settings: stream.settings,
    };
  }

  function summarize(place: ShardPlace): ShardSummary {
    const state = cluster.state(place);
    return {
      shard: place.number,
      state: state?.state === 'closed' ? 'closed' : 'open',
      startOffset: state?.startOffset ?? 0n,
      endOffset: state?.nextOffset ?? 0n,
      events: state ? Number(state.recordsTotal - state.recordsTrimmed) : 0,
      bytes: state?.bytes ?? 0,
      leaderEpoch: state?.leaderEpoch ?? 0,
      brokerId: place.brokerId,
      available: cluster.isUp(place.brokerId),
    };
  }

  function total(): { eventsPerSecond: number; bytesPerSecond: number } {
    const all = registry.all().map((stream) => rates(stream.id));
    return { eventsPerSecond: sum(all.map((each) => each[0])), bytesPerSecond: sum(all.map((each) => each[1])) };
  }

  return {
    all: () => registry.all().map(of),
    of,
    total,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close() {
      clearInterval(ticker);
      for (const stop of stops) stop();
    },
  };
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
