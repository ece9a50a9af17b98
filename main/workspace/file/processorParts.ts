/** The parts of a workspace's file that tell of one processor (processorFormat.ts). */
import { LabError, toLabError } from '../../api/errors.ts';
import { streamOf } from '../../processors/wiring.ts';
import type { CutProcessor } from './cut.ts';
import { toFileJson } from './fileJson.ts';
import {
  casesName,
  factsName,
  type FileVersion,
  type ManifestProcessor,
  type ProcessorFacts,
  sourceName,
  versionName,
} from './processorFormat.ts';

export interface TextPart {
  name: string;
  content: Buffer;
}

export function manifestOf({ name, record, versions, problem, cutState }: CutProcessor): ManifestProcessor {
  const current = versions.find(({ version }) => version === record?.version);
  const states = cutState?.shards.map(({ state }) => state) ?? [];
  return {
    name,
    versions: problem === null ? versions.length : 0,
    inputs: (current?.inputs ?? []).map((input) => streamOf(input, record!.streams)),
    outputs: (current?.outputs ?? []).map((output) => streamOf(output, record!.streams)),
    state: cutState && {
      shards: states.length,
      events: states.reduce((sum, state) => sum + (state ? Number(state.recordsTotal - state.recordsTrimmed) : 0), 0),
      bytes: states.reduce((sum, state) => sum + (state?.bytes ?? 0), 0),
    },
  };
}

/** `leaveOut` is told, in a sentence, of what can not go along. Throws where the processor is removed meanwhile. */
export function* partsOf(index: number, processor: CutProcessor, leaveOut: (reason: string) => void): Generator<TextPart> {
  const { name, record, versions, problem } = processor;
  const cases = readable(processor.cases, (why) => leaveOut(`The cases of ${name} are not in the file. ${why}`));
  let file = readable(processor.file, (why) => leaveOut(`What the file of ${name} says is not in the file. ${why}`));
  // Without its state it is what its file says, and where there is none, what ran.
  if (problem !== null) file ??= sourceOf(processor, record!.version);
  yield { name: factsName(index), content: toFileJson(factsOf(processor, file !== null, cases !== null)) };
  for (const [place, { deployedAt, ...version }] of (problem === null ? versions : []).entries()) {
    const said: FileVersion = { ...version, deployedAt: new Date(deployedAt).toISOString() };
    yield { name: versionName(index, place, 'json'), content: toFileJson(said) };
    yield { name: versionName(index, place, 'ts'), content: Buffer.from(sourceOf(processor, version.version)) };
  }
  if (file !== null) yield { name: sourceName(index), content: Buffer.from(file) };
  if (cases !== null) yield { name: casesName(index), content: Buffer.from(cases) };
}

function sourceOf({ name, source }: CutProcessor, version: number): string {
  const text = source(version);
  if (text !== undefined) return text;
  throw new LabError('no-such-processor', `“${name}” was removed while the export ran. Export again.`);
}

function factsOf({ record, problem, positions }: CutProcessor, file: boolean, cases: boolean): ProcessorFacts {
  if (!record || problem !== null) return { deployed: null, file, cases };
  const { wanted, guarantee, seed, version, streams } = record;
  const starts = Object.fromEntries(Object.entries(record.starts).map(([input, offsets]) => [input, offsets.map(BigInt)]));
  return { deployed: { wanted, guarantee, seed, version, starts, positions, streams }, file, cases };
}

function readable(read: () => string | null, failed: (why: string) => void): string | null {
  try {
    return read();
  } catch (error) {
    failed(error instanceof LabError ? error.message : toLabError(error).message);
    return null;
  }
}
