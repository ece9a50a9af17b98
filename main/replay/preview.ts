/** What a replay would do, looked at before it begins: how many events, the first of them, and where they would go. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  type MissedRange,
  PREVIEW_SCAN_MAX,
  PREVIEWED_EVENTS_MAX,
  type ReplayedEvent,
  type ReplayPreview,
  type ReplayWish,
} from '../api/replays.ts';
import { textCell } from '../events/fields.ts';
import { loopSentence } from './loops.ts';
import type { ReplayParts } from './parts.ts';
import { createSelection } from './passing.ts';
import { eventsIn, rangesOf } from './plan.ts';
import type { Planning } from './planning.ts';
import { Source, type SourceEvent } from './source.ts';

/** Longest look, milliseconds. */
const LOOK_MS_MAX = 2_000;
/** The engine's thread is given back after so many events. */
const SLICE_EVENTS = 500;

export async function previewReplay(parts: ReplayParts, planning: Planning, wish: ReplayWish, signal: AbortSignal): Promise<ReplayPreview> {
  const { registry, cluster, reader } = parts;
  const places = registry.places(wish.stream, wish.shards);
  const ranges = await rangesOf(cluster, places, wish);
  const inRange = await eventsIn(cluster, places, ranges);
  const through = await planning.throughOf(wish);
  const targets = planning.targetsOf(wish, through);
  const missed: MissedRange[] = [];
  const source = new Source(
    cluster,
    reader,
    ranges.map(({ number, from, until }) => ({ place: places.find((place) => place.number === number)!, from, until })),
    (range) => missed.push(range),
  );
  const selects = createSelection(wish);
  const first: ReplayedEvent[] = [];
  let [looked, chosen, isWhole] = [0, 0, false];
  for (const until = performance.now() + LOOK_MS_MAX; looked < PREVIEW_SCAN_MAX && performance.now() < until;) {
    const next = await source.peek();
    if (next === null) {
      isWhole = true;
      break;
    }
    source.take();
    looked++;
    if (selects(next.record)) {
      chosen++;
      if (first.length < PREVIEWED_EVENTS_MAX) first.push(shown(next));
    }
    if (looked % SLICE_EVENTS === 0) await nextTurn();
    signal.throwIfAborted();
  }
  return {
    inRange,
    looked,
    chosen,
    isWhole,
    first,
    targets: targets.map((target) => ({ ...target, events: eventsOf(parts, target.stream) })),
    notes: [
      ...notesOf(
        parts,
        wish,
        targets.map(({ stream }) => stream),
      ),
      ...damagedNote(missed),
    ],
  };
}

function eventsOf({ registry, cluster }: ReplayParts, stream: string): number {
  if (!registry.has(stream)) return 0;
  return registry.get(stream).shards.reduce((sum, place) => {
    const state = cluster.state(place);
    return sum + (state ? Number(state.recordsTotal - state.recordsTrimmed) : 0);
  }, 0);
}

function damagedNote([first]: readonly MissedRange[]): string[] {
  return first ? [`Shard ${first.shard} has a damaged record batch at offset ${first.from}: its events are passed over.`] : [];
}

/** Whether it comes back, who else hears of it, and where keys will go; sentences. */
export function notesOf(
  { registry, flows: flowsOf }: Pick<ReplayParts, 'registry' | 'flows'>,
  wish: ReplayWish,
  targets: readonly string[],
): string[] {
  const flows = flowsOf();
  const loops = targets.map((target) => loopSentence(wish.stream, target, flows)).filter((sentence) => sentence !== null);
  const readers = flows.filter(({ inputs }) => inputs.some((input) => targets.includes(input))).map(({ name }) => `“${name}”`);
  const live =
    readers.length > 0 ? [`${readers.join(', ')} ${readers.length === 1 ? 'is' : 'are'} deployed and will process the events.`] : [];
  const [from, to] = [
    registry.get(wish.stream).shards.length,
    registry.has(wish.into.stream) ? registry.get(wish.into.stream).shards.length : null,
  ];
  const moved =
    to !== null && to !== from
      ? [`“${wish.into.stream}” has ${to} ${to === 1 ? 'shard' : 'shards'}, “${wish.stream}” ${from}: keys decide where the events go.`]
      : [];
  return [...loops, ...live, ...moved];
}

function shown({ shard, record: { offset, timestamp, key, value } }: SourceEvent): ReplayedEvent {
  return { shard, offset, timestamp, key: key && textCell(key).text, value: value && textCell(value).text };
}
