/** Watches one step of a lesson: reads its streams as they grow and remembers which checks it has seen come true. */
import { parseIsoTime } from '../api/time.ts';
import type { ProcessorSummary } from '../api/processors.ts';
import type { Reader } from '../api/readers.ts';
import type { Replay } from '../api/replays.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { AppendOrder, type Placed } from '../events/appendOrder.ts';
import { createBatchReader } from '../events/batches.ts';
import type { Durability } from '../log/index.ts';
import type { StreamRegistry } from '../streams/registry.ts';
import { isLost, type StreamPlaces } from '../streams/streamPlaces.ts';
import { AskedSight, type FollowRequests } from './askedSight.ts';
import { type Check, streamOf } from './content.ts';
import { BenchSight, type OpenRehearsalSight } from './benchSight.ts';
import { ProcessorSight } from './processorSight.ts';

/** Events of one stream that a step looks at; a lesson needs a handful. */
const EVENTS_LOOKED_AT_MAX = 100_000;

interface Sight {
  /** The stream as it was when this began: one that was deleted and made again is another. */
  streamId: string;
  merge: AppendOrder;
  events: number;
  shards: Set<number>;
}

export interface StepWatcher {
  /** Per check, whether it has been seen. */
  readonly seen: boolean[];
  /** Looks again; true where something more was seen. */
  look(): Promise<boolean>;
  close(): void;
}

export interface WatcherParts {
  registry: StreamRegistry;
  cluster: Cluster;
  readers: () => Reader[];
  processors: () => ProcessorSummary[];
  rehearsals: () => OpenRehearsalSight[];
  replays: () => Replay[];
  durability: () => Durability;
  requests: FollowRequests;
}

/** `changed`: called back where there is something to look at of which the parts do not tell. */
export function createStepWatcher(checks: readonly Check[], parts: WatcherParts, changed: () => void): StepWatcher {
  const { registry, cluster, readers, processors, durability } = parts;
  const batches = createBatchReader(cluster);
  const seen = checks.map(() => false);
  const sights = new Map<string, Sight>();
  /** Of `sameShard`: how many events with the key each shard has. */
  const keyCounts = checks.map(() => new Map<number, number>());
  const restarts = (): number => cluster.brokers().reduce((sum, broker) => sum + broker.restarts, 0);
  const restartsBefore = restarts();
  const programs = new ProcessorSight(processors);
  const asked = new AskedSight(
    checks.flatMap((check) => ('asked' in check ? check.asked : [])),
    parts.requests,
    (stream) => whole(stream)?.id,
    changed,
  );
  const bench = new BenchSight(parts.rehearsals, parts.replays);

  /** The stream, where there is one that can be read. */
  function whole(name: string): StreamPlaces | undefined {
    return registry.all().find((stream) => stream.name === name && !isLost(stream));
  }

  async function look(): Promise<boolean> {
    const before = seen.filter(Boolean).length;
    for (const stream of new Set(checks.map(streamOf))) {
      if (stream !== null && whole(stream)) await lookAt(stream);
    }
    checks.forEach((check, index) => {
      seen[index] ||= isTrueNow(check);
    });
    return seen.filter(Boolean).length > before;
  }

  async function lookAt(stream: string): Promise<void> {
    const sight = await sightOf(stream);
    sight.merge.extend((await cluster.bounds(registry.get(stream).shards)).map((bounds) => bounds.endOffset));
    while (sight.events < EVENTS_LOOKED_AT_MAX) {
      const placed = await sight.merge.next();
      if (!placed) return;
      sight.events += 1;
      sight.shards.add(placed.batch.place.number);
      checks.forEach((check, index) => {
        if (streamOf(check) === stream) seen[index] ||= isShownBy(check, placed, keyCounts[index]!);
      });
    }
  }

  async function sightOf(stream: string): Promise<Sight> {
    const { id, shards } = registry.get(stream);
    const known = sights.get(stream);
    if (known?.streamId === id) return known;
    const bounds = await cluster.bounds(shards);
    const starts = shards.map((place, index) => ({ place, offset: bounds[index]!.startOffset, until: bounds[index]!.endOffset }));
    const sight: Sight = { streamId: id, merge: new AppendOrder(batches, starts), events: 0, shards: new Set() };
    sights.set(stream, sight);
    checks.forEach((check, index) => {
      if (streamOf(check) === stream) keyCounts[index]!.clear();
    });
    return sight;
  }

  function isTrueNow(check: Check): boolean {
    if ('stream' in check) {
      const stream = whole(check.stream.name);
      return stream !== undefined && [undefined, stream.shards.length].includes(check.stream.shards);
    }
    if ('durability' in check) return durability() === check.durability;
    if ('brokerBack' in check) return restarts() > restartsBefore && cluster.brokers().every(({ state }) => state === 'up');
    if ('processor' in check) return programs.runs(check.processor);
    if ('processorBack' in check) return programs.isBack(check.processorBack.name);
    if ('rehearsal' in check) return bench.rehearses(check.rehearsal);
    if ('replayed' in check) return bench.isReplayed(check.replayed);
    if ('redriven' in check) return bench.isRedriven(check.redriven.name);
    if ('start' in check) return startsBehind(check.start);
    if ('asked' in check) return asked.hasSeen(check.asked);
    if ('events' in check) return (sights.get(check.events.stream)?.events ?? 0) >= check.events.atLeast;
    if ('spread' in check) return (sights.get(check.spread.stream)?.shards.size ?? 0) >= check.spread.shards;
    if ('readers' in check)
      return areApart(
        readers().filter((reader) => reader.stream === check.readers.stream),
        BigInt(check.readers.apart),
      );
    return false;
  }

  function startsBehind({ stream, atLeast }: { stream: string; atLeast: number }): boolean {
    const shards = whole(stream)?.shards ?? [];
    return shards.length > 0 && shards.every((place) => (cluster.state(place)?.startOffset ?? 0n) >= BigInt(atLeast));
  }

  return { seen, look, close: () => asked.close() };
}

/** Whether this one event makes the check true. */
function isShownBy(check: Check, { batch, record, offset }: Placed, keyCounts: Map<number, number>): boolean {
  if (!record) return false;
  const shard = batch.place.number;
  const key = record.key && Buffer.from(record.key).toString();
  if ('sameShard' in check) {
    if (key === check.sameShard.key) keyCounts.set(shard, (keyCounts.get(shard) ?? 0) + 1);
    return keyCounts.size === 1 && (keyCounts.get(shard) ?? 0) >= check.sameShard.atLeast;
  }
  if (!('event' in check)) return false;
  const { key: wantedKey, shard: wantedShard, offset: wantedOffset, valueContains, before, after } = check.event;
  const [beforeTime, afterTime] = [before, after].map((time) => (time === undefined ? null : parseIsoTime(time)));
  return (
    (wantedKey === undefined || key === wantedKey) &&
    (wantedShard === undefined || shard === wantedShard) &&
    (wantedOffset === undefined || offset === BigInt(wantedOffset)) &&
    (valueContains === undefined || Buffer.from(record.value ?? []).includes(valueContains)) &&
    (beforeTime == null || record.timestamp < beforeTime) &&
    (afterTime == null || record.timestamp > afterTime)
  );
}

/** Two of the readers stand at least `distance` offsets from each other in some shard. */
function areApart(readers: readonly Reader[], distance: bigint): boolean {
  return readers.some((one) =>
    readers.some((other) => one.positions.some((a) => other.positions.some((b) => a.shard === b.shard && a.offset - b.offset >= distance))),
  );
}
