/** What another screen wants on the bench: taken once, when the bench is set up next. */
import type { ProcessorSummary } from '../../../../main/api/processors.ts';
import type { LabState } from '../../state/lab.svelte.ts';
import { navigate } from '../../state/route.svelte.ts';
import { calledHere } from '../processors/streamNames.ts';
import { benchOf } from './bench.svelte.ts';
import type { BenchOnly, BenchProcessor } from './benchSetup.ts';
import { choicesOf, versionOf } from './processorChoice.ts';

export interface Proposal {
  stream: string;
  /** Milliseconds since 1970 as decimal texts; null for the ends of the stream. */
  from: string | null;
  until: string | null;
  only?: BenchOnly;
  processors: BenchProcessor[];
  /** It is to begin at once. */
  starts: boolean;
}

let proposed: Proposal | null = null;

/** A rehearsal that is open is given up for it. */
export function proposeBench(lab: LabState, proposal: Proposal): void {
  benchOf(lab).close();
  proposed = proposal;
  navigate('#/bench');
}

export function takeProposal(): Proposal | null {
  const taken = proposed;
  proposed = null;
  return taken;
}

const ALL = { from: null, until: null, starts: false } as const;

/** A whole stream, beside all that read it. */
export function proposeStream(lab: LabState, stream: string): void {
  const readers = lab.processors.filter(
    (one) => one.state !== 'untrusted' && one.current?.inputs.some((name) => calledHere(one, name) === stream),
  );
  proposeBench(lab, {
    ...ALL,
    stream,
    processors: readers.map(({ name, current }) => ({ name, version: current!.version, source: null })),
  });
}

/** A processor beside what it reads; the version that is deployed and its file, where that says something else. */
export function proposeProcessor(lab: LabState, processor: ProcessorSummary): void {
  const { name, current, hasChanges } = processor;
  const versions = choicesOf(processor).map(({ value }) => versionOf(value));
  const wanted = current && hasChanges ? [current.version, null] : versions.slice(0, 1);
  const [stream = ''] = (current?.inputs ?? []).map((input) => calledHere(processor, input));
  proposeBench(lab, { ...ALL, stream, processors: wanted.map((version) => ({ name, version, source: null })) });
}
