/** All that is told of a processor, deployed or not, as it stands now. */
import type { ProcessorSummary } from '../api/processors.ts';
import type { ProcessorRecord, ProcessorRecords } from '../workspace/processorRecords.ts';
import type { Deployments } from './deployment.ts';
import type { Runner } from './runner.ts';
import type { SourceFolder } from './sourceFolder.ts';
import type { Trusting } from './trusting.ts';
import { wiringOf } from './wiring.ts';

export interface SummaryParts {
  records: ProcessorRecords;
  sources: SourceFolder;
  deployments: Deployments;
  runners: ReadonlyMap<string, Runner>;
  trusting: Trusting;
  /** What the file of this name says; null where there is none. */
  fileText: (name: string) => string | null;
  /** False where nothing is run. */
  runs: boolean;
}

export function createSummary(parts: SummaryParts): (name: string) => ProcessorSummary {
  const { records, sources, deployments, runners, fileText } = parts;
  const { isTrusted, isFileTrusted } = parts.trusting;

  function summary(name: string): ProcessorSummary {
    const record = records.of(name);
    const runner = runners.get(name);
    const versions = record ? records.versions(name) : [];
    const current = versions.find(({ version }) => version === record?.version) ?? null;
    const totals = runner?.totals() ?? { in: 0, bad: 0, out: {} };
    const rates = runner?.rates() ?? { in: 0, out: 0 };
    return {
      name,
      file: sources.has(name) ? sources.file(name) : null,
      ...stateOf(name, record, runner),
      wasPaused: record?.wanted === 'paused',
      current,
      versions: versions.length,
      hasChanges: record !== undefined && sources.has(name) && fileText(name) !== records.source(name, record.version),
      isFileTrusted: isFileTrusted(name),
      streams: record?.streams ?? {},
      guarantee: record?.guarantee ?? 'exactly-once',
      crossesBrokers: current !== null && deployments.crossesBrokers(wiringOf(current, record!.streams)),
      restarts: runner?.restarts ?? 0,
      tasks: runner?.tasks() ?? [],
      ...totals,
      inPerSecond: rates.in,
      outPerSecond: rates.out,
      latencyMs: runner?.latencyMs ?? null,
      memoryBytes: runner?.memoryBytes ?? null,
    };
  }

  function stateOf(
    name: string,
    record: ProcessorRecord | undefined,
    runner: Runner | undefined,
  ): Pick<ProcessorSummary, 'state' | 'message'> {
    if (!isTrusted(name))
      return { state: 'untrusted', message: 'It came with a workspace from elsewhere, and nobody here has trusted it yet.' };
    if (!record) return { state: 'draft', message: null };
    if (record.wanted === 'paused') return { state: 'paused', message: null };
    if (!parts.runs) return { state: 'resting', message: 'It runs while the lab is open.' };
    return { state: runner?.state ?? 'starting', message: runner?.message ?? null };
  }

  return summary;
}
