/**
 * What a rehearsal is made of, as it is set up on the page: kept in this browser by workspace, so that the bench comes back as it was left. A
 * rehearsal itself belongs to the page and is made again.
 */
import type { ProcessorSummary } from '../../../../main/api/processors.ts';
import type { NewColumn, RehearsalOrder, RehearsalRange } from '../../../../main/api/rehearsals.ts';

/** A processor on the bench. `source`: as it was changed there; else what `version` says, or the file where that is null. */
export interface BenchProcessor {
  name: string;
  version: number | null;
  source: string | null;
  /** Of one that was changed: the version whose text it was, null for the file. */
  changedFrom?: number | null;
  /** With one input: it reads this stream, whatever it calls it. */
  reads?: string;
}

/** What of the stream is meant beside its times, as a replay was set up: shards, offsets as decimal texts, keys as texts. */
export interface BenchOnly {
  /** Null for all. */
  shards: number[] | null;
  fromOffset: string | null;
  untilOffset: string | null;
  keys: { are: 'these'; keys: string[] } | { are: 'beginning-with'; prefix: string } | null;
}

export interface BenchSetup {
  stream: string;
  /** Milliseconds since 1970 as decimal texts; null for the ends of the stream. */
  from: string | null;
  until: string | null;
  order: RehearsalOrder;
  processors: BenchProcessor[];
  /** Of the stream; the others that are read are read whole. */
  only?: BenchOnly;
}

export const orderWords: Record<RehearsalOrder['by'], { word: string; means: string }> = {
  append: { word: 'append order', means: 'As the events were appended.' },
  'event-time': { word: 'event time', means: 'By their timestamps, as far as the order within each shard allows.' },
  shards: { word: 'shard after shard', means: 'All of shard 0, then all of shard 1, and so on.' },
  shuffled: { word: 'shuffled', means: 'The shards mixed at random, by a seed: what changes with it depends on their order.' },
};

/** As it is told above the rehearsal; with the seed, for the same seed gives the same order. */
export const orderTitle = (order: RehearsalOrder): string =>
  orderWords[order.by].word + (order.by === 'shuffled' ? ` with seed ${order.seed}` : '');

/** What a processor says it reads and writes. */
export type Shape = Pick<ProcessorSummary, 'name'> & { inputs: readonly string[]; outputs: readonly string[] };

/**
 * Which column each one follows, by place from 1: the first whose output it reads, where it does not read the stream itself; null where
 * it reads the input. A processor comes after what it follows.
 */
export function chained(stream: string, shapes: readonly Shape[]): (number | null)[] {
  return shapes.map(({ inputs }, at) => {
    if (inputs.includes(stream)) return null;
    const before = shapes.findIndex(({ outputs }, other) => other !== at && outputs.some((output) => inputs.includes(output)));
    return before === -1 || before >= at ? null : before + 1;
  });
}

/** In an order in which each comes after the one whose output it reads. */
export function inChainOrder<T extends { shape: Shape }>(stream: string, chosen: readonly T[]): T[] {
  const ordered: T[] = [];
  let left = [...chosen];
  while (left.length > 0) {
    const ready = left.filter(
      ({ shape }) =>
        shape.inputs.includes(stream) ||
        !left.some((other) => other.shape !== shape && other.shape.outputs.some((output) => shape.inputs.includes(output))),
    );
    // A circle has no first: they come as they were chosen, and the lab says what is wrong.
    const taken = ready.length > 0 ? ready : left;
    ordered.push(...taken);
    left = left.filter((one) => !taken.includes(one));
  }
  return ordered;
}

/** As the lab is asked for it. `shapes`: of the processors, in their order. */
export function rangesOf(setup: BenchSetup, shapes: readonly Shape[]): RehearsalRange[] {
  const after = chained(setup.stream, shapes);
  const streams = new Set([setup.stream, ...shapes.flatMap(({ inputs }, at) => (after[at] === null ? inputs : []))]);
  const { from, until } = setup;
  return [...streams].map((stream) => ({
    stream,
    from: from === null ? { at: 'beginning' } : { at: 'time', time: BigInt(from) },
    until: until === null ? { at: 'end' } : { at: 'time', time: BigInt(until) },
    ...(stream === setup.stream && setup.only ? onlyPart(setup.only) : {}),
  }));
}

const encoder = new TextEncoder();

function onlyPart({ shards, fromOffset, untilOffset, keys }: BenchOnly): Partial<RehearsalRange> {
  return {
    ...(shards === null ? {} : { shards }),
    ...(fromOffset === null ? {} : { from: { at: 'offset', offset: BigInt(fromOffset) } }),
    ...(untilOffset === null ? {} : { until: { at: 'offset', offset: BigInt(untilOffset) } }),
    ...(keys === null
      ? {}
      : keys.are === 'these'
        ? { keys: { are: 'these', keys: keys.keys.map((key) => encoder.encode(key)) } }
        : { keys: { are: 'beginning-with', prefix: encoder.encode(keys.prefix) } }),
  };
}

/** Keys that are told one by one. */
const KEYS_TOLD = 3;

/** As it is told beside the stream. */
export function onlyWords({ shards, fromOffset, untilOffset, keys }: BenchOnly): string {
  const told = keys?.are === 'these' ? keys.keys.slice(0, KEYS_TOLD) : keys ? [`${keys.prefix}…`] : [];
  const more = keys?.are === 'these' && keys.keys.length > KEYS_TOLD ? ` and ${keys.keys.length - KEYS_TOLD} more` : '';
  return [
    ...(shards === null ? [] : [`${shards.length === 1 ? 'shard' : 'shards'} ${shards.join(', ')}`]),
    ...(fromOffset === null ? [] : [`from offset ${fromOffset}`]),
    ...(untilOffset === null ? [] : [`until offset ${untilOffset}`]),
    ...(told.length === 0 ? [] : [`${keys?.are === 'these' && keys.keys.length === 1 ? 'key' : 'keys'} ${told.join(', ')}${more}`]),
  ].join(', ');
}

/** That a rehearsal has no event: of which range is said. `time` tells a time, milliseconds since 1970. */
export function emptyWords({ stream, from, until, only }: BenchSetup, time: (ms: bigint) => string): string {
  const between =
    from !== null && until !== null
      ? ` between ${time(BigInt(from))} and ${time(BigInt(until))}`
      : from !== null
        ? ` from ${time(BigInt(from))} on`
        : until !== null
          ? ` before ${time(BigInt(until))}`
          : '';
  return `There is no event${between} in ${stream}${only ? `, ${onlyWords(only)}` : ''}.`;
}

/**
 * Where one with a single input is to read the stream, whatever it calls it: as if it named it, unless another one here emits what it reads. All
 * others as they are.
 */
export function wired<T extends { processor: BenchProcessor; shape: Shape }>(stream: string, chosen: readonly T[]): T[] {
  return chosen.map((one) => {
    const { reads: _, ...processor } = one.processor;
    const [input] = one.shape.inputs;
    const isPassed = chosen.some((other) => other !== one && other.shape.outputs.includes(input ?? ''));
    if (one.processor.reads !== stream || one.shape.inputs.length !== 1 || input === stream || isPassed) return { ...one, processor };
    return { ...one, shape: { ...one.shape, inputs: [stream] } };
  });
}

export function columnsOf(setup: BenchSetup, shapes: readonly Shape[]): NewColumn[] {
  const after = chained(setup.stream, shapes);
  return setup.processors.map(({ name, version, source, reads }, at) => ({
    ...{ name, version, source, after: after[at] ?? null },
    ...(reads === undefined ? {} : { reads }),
  }));
}

const keyOf = (workspace: string): string => `lab.bench.${workspace}`;

/** Null where nothing was kept, or what was can not be read any more. */
export function keptSetup(workspace: string): BenchSetup | null {
  try {
    const kept = JSON.parse(localStorage.getItem(keyOf(workspace)) ?? 'null') as BenchSetup | null;
    return kept && typeof kept.stream === 'string' && Array.isArray(kept.processors) && kept.order.by in orderWords ? kept : null;
  } catch {
    return null;
  }
}

export function keepSetup(workspace: string, setup: BenchSetup | null): void {
  try {
    if (setup) localStorage.setItem(keyOf(workspace), JSON.stringify(setup));
    else localStorage.removeItem(keyOf(workspace));
  } catch {
    // Storage is switched off, or full: the bench lasts as long as the page.
  }
}
