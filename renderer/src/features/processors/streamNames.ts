/** What a processor's streams are called here: as in its code, but for those that got another name when its workspace was imported. */
import type { ProcessorSummary } from '../../../../main/api/processors.ts';

export function calledHere({ streams }: Pick<ProcessorSummary, 'streams'>, name: string): string {
  return Object.hasOwn(streams, name) ? streams[name]! : name;
}

/** Says which of them its code has another name for; null where none. */
export function otherNames({ current, streams }: Pick<ProcessorSummary, 'current' | 'streams'>): string | null {
  const names = [...(current?.inputs ?? []), ...(current?.outputs ?? []), 'bad'].filter((name) => calledHere({ streams }, name) !== name);
  if (names.length === 0) return null;
  return `In its code ${names.map((name) => `${calledHere({ streams }, name)} is called ${name}`).join(', ')}.`;
}
