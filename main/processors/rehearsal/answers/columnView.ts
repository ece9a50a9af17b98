/** What a column has done at a position, and what it had come to: from its journal. */
import {
  type ColumnView,
  type RehearsalStep,
  type SoFar,
  STEP_PARTS_MAX,
  type StepChange,
  type StepEmission,
} from '../../../api/rehearsalPositions.ts';
import { EVENT, KINDS, type ReadChunk } from '../journal/format.ts';
import { type JournalReader, stepsOf } from '../journal/reader.ts';
import { lastChange } from './storeState.ts';
import { told } from './told.ts';

export function columnView(id: number, journal: JournalReader, asked: number): ColumnView {
  const reach = journal.reach();
  const position = Math.min(asked, reach);
  const chunk = position === 0 ? null : journal.chunkOf(position);
  const base = { id, isReached: asked <= reach, position };
  if (!chunk) return { ...base, ...nothing(journal) };
  const [from, until] = stepsOf(chunk, position);
  const told = Math.min(until, from + STEP_PARTS_MAX);
  const steps: RehearsalStep[] = [];
  for (let step = from; step < told; step++) steps.push(stepView(journal, chunk, { position, step, index: step - from }));
  const at = position - chunk.first;
  const lastFailure = journal.failed.previous(position + 1);
  return {
    ...base,
    ...{ steps, stepsTotal: until - from, quiet: chunk.steps.quietWindows[at]! + chunk.steps.quietPunctuations[at]! },
    soFar: soFarAt(chunk, position),
    sizes: Object.fromEntries(journal.declaration.stores.map((name, store) => [name, chunk.steps.sizes[store]![at]!])),
    nextWindow: chunk.steps.nextWindows[at]!,
    lastEmission: journal.emitted.previous(position + 1),
    lastFailure: lastFailure === null ? null : { position: lastFailure, message: failureAt(journal, lastFailure) },
  };
}

function nothing(journal: JournalReader): Omit<ColumnView, 'id' | 'isReached' | 'position'> {
  return {
    ...{ steps: [], stepsTotal: 0, quiet: 0 },
    soFar: { in: 0, bad: 0, out: {}, windows: 0, punctuations: 0, failures: 0, lines: 0 },
    sizes: Object.fromEntries(journal.declaration.stores.map((name) => [name, 0])),
    ...{ nextWindow: null, lastEmission: null, lastFailure: null },
  };
}

/** `index`: among the steps of its position. */
interface At {
  position: number;
  step: number;
  index: number;
}

function stepView(journal: JournalReader, chunk: ReadChunk, at: At): RehearsalStep {
  const { steps } = chunk;
  const { step } = at;
  const event = rare(steps.events, step);
  return {
    kind: KINDS[steps.kinds[step]!]!,
    shard: steps.shards[step]!,
    now: steps.nows[step]!,
    due: rare(steps.dues, step)?.[1] ?? null,
    streamTime: steps.streamTimes[step]!,
    event: event ? { stream: event[1], offset: event[2] } : null,
    emissions: emissionsOf(chunk, step),
    emissionsTotal: steps.emitted[step]!,
    changes: changesOf(journal, chunk, at),
    changesTotal: steps.changed[step]!,
    reasons: rare(steps.reasons, step)?.[1] ?? null,
    failure: rare(steps.failures, step)?.[1] ?? null,
    lines: rare(steps.logs, step)?.[1] ?? [],
    line: steps.lines[step]! || null,
  };
}

function emissionsOf({ steps, emissions, emittedBefore }: ReadChunk, step: number): StepEmission[] {
  const from = emittedBefore[step]!;
  return Array.from({ length: Math.min(steps.emitted[step]!, STEP_PARTS_MAX) }, (_, index) => {
    const at = from + index;
    const headers = emissions.headers[at]!;
    return {
      output: emissions.outputs[at]!,
      shard: emissions.shards[at]!,
      timestamp: emissions.timestamps[at]!,
      key: told(emissions.keys[at]!),
      text: told(emissions.texts[at]!),
      headers: headers === null ? [] : (JSON.parse(headers) as [string, string | null][]),
    };
  });
}

function changesOf(
  { declaration, runs }: JournalReader,
  { steps, afters, changedBefore }: ReadChunk,
  { position, step, index }: At,
): StepChange[] {
  const from = changedBefore[step]!;
  return Array.from({ length: Math.min(steps.changed[step]!, STEP_PARTS_MAX) }, (_, number) => {
    const at = from + number;
    const [store, shard, key] = [steps.changedStores[at]!, steps.changedShards[at]!, steps.changedKeys[at]!];
    const before = lastChange(runs, { store, key, shard, position, step: index });
    return { store: declaration.stores[store]!, shard, key, before: told(before?.after ?? null), after: told(afters[at]!) };
  });
}

function soFarAt(chunk: ReadChunk, position: number): SoFar {
  const { totals, steps, emissions, emittedBefore, first } = chunk;
  const end = stepsOf(chunk, position)[1];
  const { in: events, bad, windows, punctuations, failures, lines } = totals;
  const soFar: SoFar = { in: events, bad, windows, punctuations, failures, lines, out: { ...totals.out } };
  for (let step = 0; step < end; step++) {
    if (steps.kinds[step] === EVENT) soFar.in++;
    else soFar[KINDS[steps.kinds[step]!] === 'window' ? 'windows' : 'punctuations']++;
  }
  for (let at = 0; at <= position - first; at++) {
    soFar.windows += steps.quietWindows[at]!;
    soFar.punctuations += steps.quietPunctuations[at]!;
  }
  soFar.bad += steps.reasons.filter(([step]) => step < end).length;
  soFar.failures += steps.failures.filter(([step]) => step < end).length;
  for (const [step, all] of steps.logs) if (step < end) soFar.lines += all.length;
  for (let at = 0; at < emittedBefore[end]!; at++) {
    const output = emissions.outputs[at]!;
    soFar.out[output] = (soFar.out[output] ?? 0) + 1;
  }
  return soFar;
}

/** What was wrong at a position that has failed: the first that was. */
function failureAt(journal: JournalReader, position: number): string {
  const chunk = journal.chunkOf(position)!;
  const [from, until] = stepsOf(chunk, position);
  const isHere = ([step]: readonly [number, ...unknown[]]): boolean => step >= from && step < until;
  return chunk.steps.reasons.find(isHere)?.[1].join('; ') ?? chunk.steps.failures.find(isHere)?.[1].message ?? '';
}

/** Lists of what is rare are in the order of their steps. */
function rare<T extends readonly [step: number, ...rest: unknown[]]>(list: readonly T[], step: number): T | undefined {
  let [low, high] = [0, list.length - 1];
  while (low <= high) {
    const middle = (low + high) >> 1;
    const at = list[middle]![0];
    if (at === step) return list[middle];
    if (at < step) low = middle + 1;
    else high = middle - 1;
  }
  return undefined;
}
