/** The processors of one import: what each is called here, what it calls its streams, and where it goes on. */
import { LabError } from '../../api/errors.ts';
import { STATE_STREAM_PREFIX } from '../../log/index.ts';
import { BAD } from '../../processors/bad.ts';
import { homesOf } from '../../processors/deployment.ts';
import type { IncomingRun } from '../../processors/incoming.ts';
import { movedEntry } from '../../processors/process/live/changelog.ts';
import { StateEntries } from '../../processors/process/live/stateEntries.ts';
import { streamOf } from '../../processors/wiring.ts';
import type { StagedStream } from '../../streams/staging.ts';
import type { ProcessorRecord } from '../processorRecords.ts';
import type { Manifest } from './format.ts';
import type { ProcessorFacts } from './processorFormat.ts';
import type { ProcessorItem } from './processorReader.ts';

type Deployed = NonNullable<ProcessorFacts['deployed']>;

/** Other names than those in the file, by these. */
export type Renaming = Readonly<Record<string, string>>;

export function renamed(name: string, names: Renaming): string {
  return Object.hasOwn(names, name) ? names[name]! : name;
}

export class ImportedProcessors {
  readonly #run: IncomingRun;
  /** What they are called here, by their place in the file. */
  readonly #names: string[];
  readonly #deployed = new Map<number, { facts: Deployed; inputs: Set<string>; outputs: Set<string> }>();

  /** Throws `bad-input`, `processor-exists` and `too-many` where one can not be called what it is to be. */
  constructor({ processors }: Manifest, run: IncomingRun, names: Renaming) {
    const unknown = Object.keys(names).find((name) => !processors.some((each) => each.name === name));
    if (unknown !== undefined)
      throw new LabError('bad-input', `There is no processor “${unknown}” in the file that could get another name.`);
    this.#run = run;
    this.#names = processors.map(({ name }) => renamed(name, names));
    for (const name of this.#names) run.add(name);
  }

  get count(): number {
    return this.#names.length;
  }

  /** Of its stream of state. */
  stateName(processor: number): string {
    return STATE_STREAM_PREFIX + this.#names[processor]!;
  }

  take(item: ProcessorItem): void {
    const name = this.#names[item.processor]!;
    if (item.kind === 'file') this.#run.file(name, item.text);
    else if (item.kind === 'cases') this.#run.cases(name, item.cases);
    else if (item.kind === 'version') {
      this.#run.version(name, item.version, item.source);
      const deployed = this.#deployed.get(item.processor)!;
      for (const input of item.version.inputs) deployed.inputs.add(input);
      for (const output of item.version.outputs) deployed.outputs.add(output);
    } else if (item.facts.deployed) {
      this.#deployed.set(item.processor, { facts: item.facts.deployed, inputs: new Set(), outputs: new Set([BAD]) });
    }
  }

  /** Its state was left out of the file. */
  withoutState(processor: number): void {
    const deployed = this.#deployed.get(processor);
    this.#deployed.delete(processor);
    if (deployed) this.#run.asFile(this.#names[processor]!, deployed.facts.version);
  }

  /** Within the transaction that opens the streams. `staged`: those of the file, by their names there. */
  settle(staged: ReadonlyMap<string, StagedStream>): void {
    this.#run.settle([...this.#deployed.keys()].map((processor) => this.#recordOf(processor, staged)));
  }

  settled(): void {
    this.#run.settled();
  }

  undo(): void {
    this.#run.undo();
  }

  #recordOf(processor: number, staged: ReadonlyMap<string, StagedStream>): Omit<ProcessorRecord, 'producerId'> {
    const { facts, inputs, outputs } = this.#deployed.get(processor)!;
    const { wanted, guarantee, seed, version } = facts;
    const streams: Record<string, string> = {};
    for (const called of [...Object.keys(facts.streams), ...inputs, ...outputs]) {
      const inFile = streamOf(called, facts.streams);
      const here = staged.get(inFile)?.name ?? inFile;
      if (here !== called) streams[called] = here;
    }
    const starts: ProcessorRecord['starts'] = {};
    for (const input of inputs) {
      const shards = staged.get(streamOf(input, facts.streams))?.shards;
      // Of a stream that did not come nothing is known here: it begins at its beginning.
      if (!shards) continue;
      const [stands, begins] = [offsetsOf(facts.positions, input), offsetsOf(facts.starts, input)];
      // Where it stands is where it begins here: what it did before is in its state, and there is no position of it yet.
      starts[input] = shards.map((_, shard) => String(stands[shard] ?? begins[shard] ?? 0n));
    }
    return { name: this.#names[processor]!, wanted, guarantee, seed, starts, streams, version };
  }
}

function offsetsOf<T>(of: Record<string, T[]>, input: string): T[] {
  return Object.hasOwn(of, input) ? of[input]! : [];
}

/** The broker of each shard of a state: where the events lie that are read with it. `inputs`: the streams of the file that it reads. */
export function stateHomes(shards: number, inputs: readonly StagedStream[], brokerIds: readonly number[]): number[] {
  const homes = inputs.length === 0 ? [] : homesOf(inputs.map((input) => input.shards));
  return Array.from({ length: shards }, (_, number) => homes[number] ?? brokerIds[number % brokerIds.length]!);
}

/** What stands behind a state that was brought here. */
export function movedBatch(now: number): Uint8Array {
  const entries = new StateEntries(BigInt(Math.floor(now)));
  entries.add(movedEntry());
  return entries.finish()[0]!.bytes;
}
