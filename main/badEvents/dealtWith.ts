/** What was sent back of a stream of bad events, and what became of it. */
import type { BadState } from '../api/badEvents.ts';
import type { ProcessorSummary } from '../api/processors.ts';
import { streamOf } from '../processors/wiring.ts';
import { calledHere, type CalledHere } from './calledHere.ts';
import type { RedriveRecord } from '../workspace/redriveRecords.ts';

interface Redrive extends Pick<RedriveRecord, 'isThrough' | 'group' | 'ends'> {
  ranges: { shard: number; from: bigint; until: bigint }[];
}

export class DealtWith {
  readonly #redrives: readonly { redrive: Redrive; state: BadState }[];

  /** `bad`: the stream; `processors`: as they stand now. */
  constructor(redrives: readonly RedriveRecord[], bad: string, processors: readonly ProcessorSummary[]) {
    this.#redrives = redrives
      .map((record) => ({
        ...record,
        ranges: record.ranges.map(({ shard, from, until }) => ({ shard, from: BigInt(from), until: BigInt(until) })),
      }))
      .map((redrive) => ({ redrive, state: stateOf(redrive, calledHere(redrive.group, bad, processors), processors) }));
  }

  /** Of an event of a group; null where nobody has dealt with it. */
  stateOf(group: RedriveRecord['group'], shard: number, offset: bigint): BadState | null {
    const found = this.#redrives.find(
      ({ redrive }) =>
        isSame(redrive.group, group) &&
        redrive.ranges.some((range) => range.shard === shard && range.from <= offset && offset < range.until),
    );
    return found?.state ?? null;
  }

  /** What of a group is not to be sent again. */
  rangesOf(group: RedriveRecord['group']): { shard: number; from: bigint; until: bigint }[] {
    return this.#redrives.filter(({ redrive }) => isSame(redrive.group, group)).flatMap(({ redrive }) => redrive.ranges);
  }
}

export function isSame(one: RedriveRecord['group'], other: RedriveRecord['group']): boolean {
  return one.processor === other.processor && one.reason === other.reason && one.from === other.from;
}

/** Of events that are not bad once more. */
function stateOf({ isThrough, ends }: Redrive, here: CalledHere, processors: readonly ProcessorSummary[]): BadState {
  const processor = processors.find(({ name }) => name === here.processor);
  const reads = processor?.current?.inputs.some((name) => streamOf(name, processor.streams) === here.from);
  if (isThrough || !reads) return 'sent';
  if (ends === null) return 'waiting';
  const positions = new Map(
    processor!.tasks.flatMap(({ shard, inputs }) =>
      inputs.filter(({ stream }) => stream === here.from).map(({ position }): [number, bigint] => [shard, position]),
    ),
  );
  return ends.every(({ shard, offset }) => (positions.get(shard) ?? -1n) >= BigInt(offset)) ? 'succeeded' : 'waiting';
}
