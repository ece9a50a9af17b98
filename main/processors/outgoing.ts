/**
 * What a workspace's file is to have of the processors, as of one moment: what they are, and where they stand.
 *
 * For that moment all of them stand still. Each task commits all that it has, sends what is for other brokers, and waits; so whatever is read of
 * the log then, on any broker, has with each output the state and the position that belong to it, and nothing is on its way. Where a process is
 * not running, the end of the last one was between two commits, too; what it did not get to send is sent here (settle.ts).
 */
import * as v from 'valibot';
import { toLabError } from '../api/errors.ts';
import { type ProcessorVersion, testCases } from '../api/processors.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { POSITIONS_STREAM, type ReaderPosition } from '../log/index.ts';
import type { StreamRegistry } from '../streams/registry.ts';
import { isLost, type LostStream, type StreamPlaces } from '../streams/streamPlaces.ts';
import type { ProcessorRecord, ProcessorRecords } from '../workspace/processorRecords.ts';
import { stateStreamOf } from './deployment.ts';
import type { Runner } from './runner.ts';
import { settle } from './settle.ts';
import type { SourceFolder } from './sourceFolder.ts';

/** Largest file of cases that goes along, characters. */
export const CASES_CHARACTERS_MAX = 4 * 1024 * 1024;

export interface OutgoingProcessor {
  name: string;
  /** Null where it was never deployed. */
  record: ProcessorRecord | null;
  /** The oldest first. */
  versions: ProcessorVersion[];
  /** Undefined once the processor is removed. */
  source(version: number): string | undefined;
  /** What the file says; null where there is none. Throws `bad-input` for one that can not be read. */
  file(): string | null;
  /** Its cases as JSON; null where there are none. The same. */
  cases(): string | null;
  state: StreamPlaces | LostStream | null;
  /** Why its state can not go along, a sentence; null where it can. */
  problem: string | null;
}

export interface Standstill {
  processors: OutgoingProcessor[];
  /** Those that count with the state that is there. */
  positions(processor: OutgoingProcessor): Promise<ReaderPosition[]>;
  goOn(): void;
}

export interface Outgoing {
  /** One at a time: another one waits until all may go on. */
  standStill(): Promise<Standstill>;
  /** Until when they are to stand still; null where they are not. */
  held(): Promise<void> | null;
}

export interface OutgoingParts {
  records: ProcessorRecords;
  sources: SourceFolder;
  registry: StreamRegistry;
  cluster: Cluster;
  runners: ReadonlyMap<string, Runner>;
}

export function createOutgoing({ records, sources, registry, cluster, runners }: OutgoingParts): Outgoing {
  let held: Promise<void> | null = null;

  function outgoing(name: string): OutgoingProcessor {
    const record = records.of(name) ?? null;
    const stream = stateStreamOf(name);
    const state = registry.all().find((each) => each.name === stream) ?? null;
    return {
      name,
      record,
      versions: record ? [...records.versions(name)].reverse() : [],
      source: (version) => records.source(name, version),
      file: () => sources.read(name),
      cases: () => casesOf(sources, name),
      state: record && state,
      problem: record && state ? problemOf(state) : null,
    };
  }

  function problemOf(state: StreamPlaces | LostStream): string | null {
    const lost = [state, positions()].find((stream) => stream && isLost(stream)) as LostStream | undefined;
    return lost?.problem ?? null;
  }

  function positions(): StreamPlaces | LostStream | undefined {
    return registry.all().find(({ name }) => name === POSITIONS_STREAM);
  }

  async function sendWhatWaits(processor: OutgoingProcessor): Promise<void> {
    const { record, state, problem } = processor;
    if (!record || !state || problem !== null || cluster.brokers().length === 1) return;
    try {
      await settle(cluster, state, record.producerId);
    } catch (thrown) {
      const error = toLabError(thrown);
      if (error.code === 'broker-down') throw error;
      processor.problem = error.message;
    }
  }

  return {
    held: () => held,
    async standStill() {
      while (held) await held;
      const { promise, resolve } = Promise.withResolvers<void>();
      held = promise.then(() => void (held = null));
      try {
        const stands = new Map(await Promise.all([...runners].map(async ([name, runner]) => [name, await runner.hold(promise)] as const)));
        const names = new Set([...records.all().map(({ name }) => name), ...sources.names()]);
        const processors = [...names].sort().map(outgoing);
        for (const processor of processors) if (!stands.get(processor.name)) await sendWhatWaits(processor);
        return {
          processors,
          async positions({ name, state, problem }) {
            if (!state || problem !== null) return [];
            const found = await Promise.all((positions()?.shards ?? []).map((place) => cluster.positions(place, name)));
            return found.flat().filter(({ of }) => of === state.id);
          },
          goOn: resolve,
        };
      } catch (error) {
        resolve();
        throw error;
      }
    },
  };
}

function casesOf(sources: SourceFolder, name: string): string | null {
  const cases = sources.cases(name);
  if (cases.length === 0) return null;
  const json = JSON.stringify(v.parse(testCases, cases));
  if (json.length > CASES_CHARACTERS_MAX)
    throw new RangeError(`Its cases have more than ${CASES_CHARACTERS_MAX.toLocaleString('en')} characters.`);
  return json;
}
