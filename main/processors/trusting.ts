/** Nothing of a processor that came from elsewhere is loaded before somebody here trusts it; workspace/trustRecords.ts has which texts those are. */
import { LabError } from '../api/errors.ts';
import type { ProcessorRecords } from '../workspace/processorRecords.ts';
import type { TrustRecords } from '../workspace/trustRecords.ts';

export interface Trusting {
  /** What runs, or is to be deployed first. */
  isTrusted(name: string): boolean;
  isFileTrusted(name: string): boolean;
  /** Of a text, or of what runs or is to be deployed first. Throws `untrusted`. */
  assertTrusted(name: string, text?: string): void;
}

/** `fileText`: what the file of this name says; null where there is none. */
export function createTrusting(records: ProcessorRecords, trust: TrustRecords, fileText: (name: string) => string | null): Trusting {
  function isTrusted(name: string): boolean {
    const record = records.of(name);
    return record ? trust.isTrusted(name, records.source(name, record.version)!) : isFileTrusted(name);
  }

  function isFileTrusted(name: string): boolean {
    const text = fileText(name);
    return text === null || trust.isTrusted(name, text);
  }

  function assertTrusted(name: string, text?: string): void {
    if (text === undefined ? isTrusted(name) : trust.isTrusted(name, text)) return;
    const what = text === undefined || !records.of(name) ? `“${name}”` : `This text of “${name}”`;
    throw new LabError('untrusted', `${what} came with a workspace from elsewhere. Look at it, and trust it, before it runs.`);
  }

  return { isTrusted, isFileTrusted, assertTrusted };
}
