/** The calls of api/verify.ts: shard after shard, slice after slice, each checked where it lies. */
import type { DomainHandlers } from '../api/contract.ts';
import { DAMAGES_MAX, type verify, type VerifyReport } from '../api/verify.ts';
import type { Cluster } from '../cluster/cluster.ts';
import type { StreamRegistry } from '../streams/registry.ts';
import { isLost, type StreamPlaces } from '../streams/streamPlaces.ts';

/** Reports come at most this often, milliseconds. */
const REPORT_INTERVAL_MS = 100;

export function createVerifyService(registry: StreamRegistry, cluster: Cluster): DomainHandlers<typeof verify> {
  return {
    run({ stream }, { signal }) {
      // Lost shards have no batches to check; their streams say what is wrong with them.
      const streams = stream === undefined ? registry.all().filter((each) => !isLost(each)) : [registry.get(stream)];
      return check(cluster, streams, signal);
    },
  };
}

async function* check(cluster: Cluster, streams: readonly StreamPlaces[], signal: AbortSignal): AsyncGenerator<VerifyReport> {
  const parts = streams.flatMap(({ name, shards }) => shards.map((place) => ({ name, place })));
  const report: VerifyReport = {
    ...{ shards: parts.length, batches: 0, bytes: 0, damages: [], damagedBatches: 0, isOver: false },
    totalBytes: parts.reduce((sum, { place }) => sum + (cluster.state(place)?.bytes ?? 0), 0),
  };
  let told = performance.now();
  for (const { name, place } of parts) {
    for (let from: bigint | null = 0n; from !== null && !signal.aborted;) {
      const { batches, bytes, damaged, next } = await cluster.check(place, from);
      report.batches += batches;
      report.bytes += bytes;
      report.damagedBatches += damaged.length;
      const room = DAMAGES_MAX - report.damages.length;
      report.damages = [...report.damages, ...damaged.slice(0, room).map((each) => ({ stream: name, shard: place.number, ...each }))];
      from = next;
      if (performance.now() - told < REPORT_INTERVAL_MS) continue;
      told = performance.now();
      yield { ...report };
    }
  }
  if (!signal.aborted) yield { ...report, isOver: true };
}
