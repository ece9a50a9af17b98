/** Processors that can be put on the bench, each with what there is of it: its versions, and its file where that says something else. */
import { type LabError, toLabError } from '../../../../main/api/errors.ts';
import type { ProcessorSummary } from '../../../../main/api/processors.ts';
import type { LabState } from '../../state/lab.svelte.ts';
import { calledHere } from '../processors/streamNames.ts';
import type { Shape } from './benchSetup.ts';

/** What a select calls the text of the file. */
export const FILE = 'file';

export interface Choice {
  value: string;
  label: string;
}

/** What of it can run, the one that is deployed first. */
export function choicesOf({ current, file, hasChanges, versions }: ProcessorSummary): Choice[] {
  const newest = current?.version ?? 0;
  const kept = Array.from({ length: Math.min(newest, versions) }, (_, at) => newest - at);
  return [
    ...kept.map((version) => ({ value: String(version), label: `v${version}` })),
    ...(file !== null && (current === null || hasChanges)
      ? [{ value: FILE, label: current === null ? 'its file' : 'its file, changed' }]
      : []),
  ];
}

export const versionOf = (choice: string): number | null => (choice === FILE ? null : Number(choice));

/** By the names that its streams have here. */
function asHere(lab: LabState, { name, inputs, outputs }: Shape): Shape {
  const processor = lab.processors.find((one) => one.name === name);
  const here = (stream: string): string => (processor ? calledHere(processor, stream) : stream);
  return { name, inputs: inputs.map(here), outputs: outputs.map(here) };
}

/** What it says of itself. Throws what the lab says where it can not be loaded. */
export async function shapeOf(lab: LabState, name: string, choice: string): Promise<Shape> {
  const { client } = lab;
  if (choice === FILE) {
    const { text } = await client.processors.source({ name, version: null });
    return asHere(lab, { name, ...(await client.processors.check({ name, source: text })) });
  }
  const versions = await client.processors.versions({ name });
  const found = versions.find(({ version }) => String(version) === choice);
  return asHere(lab, { name, inputs: found?.inputs ?? [], outputs: found?.outputs ?? [] });
}

/** The same, of a text that was changed on the bench and kept. */
export async function shapeOfSource(lab: LabState, name: string, source: string): Promise<Shape | LabError> {
  try {
    return asHere(lab, { name, ...(await lab.client.processors.check({ name, source })) });
  } catch (thrown) {
    return toLabError(thrown);
  }
}
