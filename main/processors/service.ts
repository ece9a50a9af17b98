/** The calls of api/processors.ts. */
import path from 'node:path';
import type { DomainHandlers } from '../api/contract.ts';
import { LabError } from '../api/errors.ts';
import type { NewColumn } from '../api/rehearsals.ts';
import {
  processorNameProblem,
  PROCESSORS_MAX,
  type processors,
  type ProcessorShape,
  type ProcessorStart,
  type ProcessorSummary,
} from '../api/processors.ts';
import type { Cluster } from '../cluster/cluster.ts';
import type { Spawner } from '../processes/spawner.ts';
import { conflate } from '../rpc/conflate.ts';
import type { StreamRegistry } from '../streams/registry.ts';
import type { ArrivingProcessors } from '../workspace/arrivingProcessors.ts';
import type { ProcessorRecord, ProcessorRecords } from '../workspace/processorRecords.ts';
import type { TrustRecords } from '../workspace/trustRecords.ts';
import { createDeployments } from './deployment.ts';
import { geoFileOf } from './geoFile.ts';
import { createIncoming, type Incoming } from './incoming.ts';
import { createOutgoing, type Outgoing } from './outgoing.ts';
import { Runner } from './runner.ts';
import { readSamples } from './samples.ts';
import { openSourceFolder } from './sourceFolder.ts';
import type { ColumnSource } from './rehearsal/columnLife.ts';
import { createSummary } from './summaries.ts';
import { createTestRuns } from './testRuns.ts';
import { createTrusting } from './trusting.ts';
import { wiringOf } from './wiring.ts';

/** Pages hear of changes at most this often, milliseconds. */
const WATCH_INTERVAL_MS = 250;

export interface ProcessorsParts {
  records: ProcessorRecords;
  trust: TrustRecords;
  arriving: ArrivingProcessors;
  registry: StreamRegistry;
  cluster: Cluster;
  spawner: Spawner;
  /** Of the workspace. */
  folder: string;
  /** Those that come with the lab: samples, loglab.d.ts, the geo database. */
  resources: string;
  /** False in a program that opens the workspace for a moment: nothing is run, and the folder is not watched. */
  runs: boolean;
  now: () => number;
  random: () => number;
}

export interface Processors {
  service: DomainHandlers<typeof processors>;
  /** For a workspace's file. */
  outgoing: Outgoing;
  incoming: Incoming;
  list(): ProcessorSummary[];
  remove(name: string): Promise<void>;
  /** What a column of a rehearsal runs. Throws `no-such-processor`, `untrusted`. */
  sourceOf(column: NewColumn): ColumnSource;
  onChange(listener: () => void): () => void;
  /** All of them, as they stand now. */
  summaries(): ProcessorSummary[];
  /** Loads a source to be run apart from what is deployed; null: that of the file of this name. Throws as `check` does. */
  load(name: string, source: string | null): Promise<{ source: string; shape: ProcessorShape }>;
  /** Path of the geo database, as of now. */
  geoFile(): string;
  /** All commit what they have, and end. */
  close(): Promise<void>;
}

export function createProcessors(parts: ProcessorsParts): Processors {
  const { records, trust, registry, cluster, spawner, now, random } = parts;
  const geoFile = (): string => geoFileOf(parts.folder, parts.resources);
  const deployments = createDeployments(registry, cluster, geoFile);
  const sources = openSourceFolder(parts.folder, path.join(parts.resources, 'processors/loglab.d.ts'), parts.runs);
  const tests = createTestRuns(spawner, geoFile);
  const runners = new Map<string, Runner>();
  const listeners = new Set<() => void>();
  const changed = (): void => listeners.forEach((listener) => listener());
  /** Texts of files and of current versions, so that it is known without reading them which files say something else. */
  const texts = new Map<string, string | null>();
  let isClosed = false;
  const trusting = createTrusting(records, trust, fileText);
  const { isTrusted, assertTrusted } = trusting;
  const summary = createSummary({ records, sources, deployments, runners, trusting, fileText, runs: parts.runs });

  sources.onChange(() => {
    texts.clear();
    changed();
  });
  const outgoing = createOutgoing({ records, sources, registry, cluster, runners });
  const incoming = createIncoming({
    records,
    trust,
    arriving: parts.arriving,
    sources,
    registry,
    newProducerId: () => newProducerId(random),
    changed,
  });
  for (const record of records.all()) if (mayRun(record)) runnerOf(record.name).start();

  function mayRun({ name, wanted }: ProcessorRecord): boolean {
    return parts.runs && wanted === 'running' && isTrusted(name);
  }

  function runnerOf(name: string): Runner {
    const known = runners.get(name);
    if (known) return known;
    const made = new Runner({ spawner, cluster, registry, deployments, changed, now, held: outgoing.held, version: () => versionOf(name) });
    runners.set(name, made);
    return made;
  }

  function versionOf(name: string): { record: ProcessorRecord; shape: ProcessorShape; source: string } {
    const record = deployed(name);
    return {
      record,
      shape: records.versions(name).find(({ version }) => version === record.version)!,
      source: records.source(name, record.version)!,
    };
  }

  function deployed(name: string): ProcessorRecord {
    const record = records.of(name);
    if (record) return record;
    if (sources.has(name)) throw new LabError('no-such-processor', `“${name}” was never deployed. Deploy it first.`);
    throw unknown(name);
  }

  function unknown(name: string): LabError {
    return new LabError('no-such-processor', `There is no processor “${name}”.`);
  }

  function assertKnown(name: string): void {
    if (!records.of(name) && !sources.has(name)) throw unknown(name);
  }

  function fileText(name: string): string | null {
    if (!sources.has(name)) return null;
    if (!texts.has(name)) texts.set(name, sources.read(name));
    return texts.get(name)!;
  }

  function names(): string[] {
    return [...new Set([...records.all().map(({ name }) => name), ...sources.names()])].sort();
  }

  async function deploy(
    name: string,
    options: { source: string | null; guarantee: ProcessorRecord['guarantee'] | null; start: ProcessorStart | null; anew: boolean },
  ) {
    const problem = processorNameProblem(name);
    if (problem) throw new LabError('bad-input', problem);
    const before = records.of(name);
    const text = options.source ?? sources.read(name);
    if (text === null) throw new LabError('no-such-processor', `There is no file ${sources.file(name)}.`);
    assertTrusted(name, text);
    if (!before && records.all().length >= PROCESSORS_MAX)
      throw new LabError('too-many', `A workspace has at most ${PROCESSORS_MAX} processors.`);
    const shape = await tests.shapeOf(name, text);
    const streams = before?.streams ?? {};
    const wiring = wiringOf(shape, streams);
    deployments.check(wiring);
    const isNew = !before || options.anew;
    if (!isNew && options.start)
      throw new LabError('bad-input', 'A start position is for a processor that begins anew: say so, or leave it out.');
    const known = Object.keys(before?.starts ?? {});
    const added = wiring.inputs.filter((input) => isNew || !known.includes(input.name));
    const starts = await deployments.startsOf(added, options.start ?? { at: 'beginning' });
    if (options.source !== null) sources.write(name, options.source);
    const isSame = before && records.source(name, before.version) === text;
    if (before) await runnerOf(name).pause();
    if (options.anew) await forgetState(name);
    const version = isSame ? before.version : records.addVersion(name, text, shape, now());
    records.put({
      name,
      wanted: 'running',
      guarantee: options.guarantee ?? before?.guarantee ?? 'exactly-once',
      starts: isNew ? starts : { ...before.starts, ...starts },
      seed: before?.seed ?? Math.floor(random() * 2 ** 31),
      producerId: isNew ? newProducerId(random) : before.producerId,
      streams,
      version,
    });
    const runner = runnerOf(name);
    if (isNew) runner.forget();
    runner.restarts = 0;
    if (parts.runs) runner.start();
    changed();
    return summary(name);
  }

  const list = (): ProcessorSummary[] => names().map(summary);

  async function remove(name: string): Promise<void> {
    assertKnown(name);
    if (records.of(name)) {
      await runnerOf(name).pause();
      await forgetState(name);
      await deployments.forgetPositions(name);
      records.remove(name);
      runners.delete(name);
    }
    trust.forget(name);
    sources.remove(name);
    changed();
  }

  async function forgetState(name: string): Promise<void> {
    await deployments.forget(name);
    runners.get(name)?.forget();
  }

  async function trustText(name: string, text: string): Promise<ProcessorSummary> {
    assertKnown(name);
    if (trust.isTrusted(name, text))
      throw new LabError(
        'bad-input',
        `This text of “${name}” does not wait to be trusted: it is by now, or is another one. Look at it again.`,
      );
    // From here on it may be loaded. What it says of itself is asked of it: the file that it came with may have said something else.
    const shape = await tests.shapeOf(name, text);
    const record = records.of(name);
    if (record) deployments.checkOutputs(wiringOf(shape, record.streams));
    trust.trust(name, text);
    for (const { version } of records.versions(name)) if (records.source(name, version) === text) records.setShape(name, version, shape);
    if (record && records.source(name, record.version) === text && mayRun(record)) runnerOf(name).start();
    changed();
    return summary(name);
  }

  const watch = <T>(take: () => T, signal: AbortSignal): AsyncIterable<T> =>
    conflate({
      subscribe(listener) {
        const stops = [() => listeners.delete(listener), registry.onChange(listener), cluster.onChange(listener)];
        listeners.add(listener);
        return () => stops.forEach((stop) => stop());
      },
      take,
      intervalMs: WATCH_INTERVAL_MS,
      signal,
    });

  return {
    outgoing,
    incoming,
    list,
    remove,
    sourceOf({ name, version, source, seed, reads }) {
      const text = source ?? (version === null ? sources.read(name) : records.source(name, version));
      if (text === null || text === undefined)
        throw version === null ? unknown(name) : new LabError('no-such-processor', `“${name}” has no version ${version}.`);
      assertTrusted(name, text);
      const record = records.of(name);
      return {
        ...{ name, version: source === null ? version : null, source: text, geoFile: geoFile() },
        ...{ seed: seed ?? record?.seed ?? 0, streams: record?.streams ?? {}, reads: reads ?? null },
      };
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    summaries: () => names().map(summary),
    async load(name, given) {
      const source = given ?? sources.read(name);
      if (source === null) throw unknown(name);
      assertTrusted(name, source);
      return { source, shape: await tests.shapeOf(name, source) };
    },
    geoFile,
    async close() {
      isClosed = true;
      await Promise.all([...runners.values()].map((runner) => runner.pause()));
      await sources.close();
    },
    service: {
      list,
      watch: (_input, { signal }) => watch(() => (isClosed ? [] : list()), signal),
      follow({ name }, { signal }) {
        assertKnown(name);
        return watch(() => runners.get(name)?.activity.all ?? { emitted: [], failures: [], lines: [] }, signal);
      },
      source({ name, version }) {
        assertKnown(name);
        const text = version === null ? sources.read(name) : records.source(name, version);
        if (text !== null && text !== undefined) return { text };
        throw new LabError(
          'no-such-processor',
          version === null ? `The file ${sources.file(name)} is gone.` : `“${name}” has no version ${version}.`,
        );
      },
      versions({ name }) {
        assertKnown(name);
        return records.versions(name);
      },
      save({ name, source }) {
        const problem = processorNameProblem(name);
        if (problem) throw new LabError('bad-input', problem);
        sources.write(name, source);
      },
      check({ name, source }) {
        assertTrusted(name, source);
        return tests.shapeOf(name, source);
      },
      deploy: ({ name, ...options }) => deploy(name, options),
      async pause({ name }) {
        records.put({ ...deployed(name), wanted: 'paused' });
        changed();
        await runnerOf(name).pause();
      },
      async kill({ name }) {
        deployed(name);
        await runners.get(name)?.kill();
      },
      resume({ name }) {
        const record = deployed(name);
        assertTrusted(name);
        records.put({ ...record, wanted: 'running' });
        if (parts.runs) runnerOf(name).start();
        changed();
      },
      remove: ({ name }) => remove(name),
      trust: ({ name, source }) => trustText(name, source),
      state({ name, ...asked }) {
        const record = deployed(name);
        assertTrusted(name);
        const { stores } = records.versions(name).find(({ version }) => version === record.version)!;
        if (!stores.includes(asked.store)) throw new LabError('bad-input', `“${name}” has no store “${asked.store}”.`);
        return runnerOf(name).entries(asked);
      },
      test({ name, ...options }, { signal }) {
        assertTrusted(name, options.source);
        return tests.run({ name, ...options }, signal);
      },
      cases({ name }) {
        assertKnown(name);
        return sources.cases(name);
      },
      keepCases({ name, cases }) {
        assertKnown(name);
        sources.keepCases(name, cases);
      },
      samples: () => readSamples(path.join(parts.resources, 'processors')),
    },
  };
}

/** Above those of other producers; the tasks of a processor have this one and those after it. */
export function newProducerId(random: () => number): string {
  return String(2n ** 60n + BigInt(Math.floor(random() * 2 ** 48)) * 4_096n);
}
