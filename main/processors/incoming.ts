/**
 * Processors that a workspace's file brings. Until all of the file is there they are nowhere to be seen (workspace/arrivingProcessors.ts); then they
 * are all there at once, with the streams, and nothing of their code is loaded before somebody has looked at it and trusts it.
 */
import { randomUUID } from 'node:crypto';
import { LabError } from '../api/errors.ts';
import { processorNameProblem, PROCESSORS_MAX, type ProcessorVersion, type TestCase } from '../api/processors.ts';
import type { StreamRegistry } from '../streams/registry.ts';
import type { ArrivingFile, ArrivingProcessors } from '../workspace/arrivingProcessors.ts';
import type { ProcessorRecord, ProcessorRecords } from '../workspace/processorRecords.ts';
import type { TrustRecords } from '../workspace/trustRecords.ts';
import { stateStreamOf } from './deployment.ts';
import type { SourceFolder } from './sourceFolder.ts';

export interface IncomingRun {
  /** Throws `processor-exists`, `bad-input` and `too-many` where it can not be called so here. */
  add(name: string): void;
  version(name: string, version: ProcessorVersion, source: string): void;
  file(name: string, text: string): void;
  cases(name: string, cases: readonly TestCase[]): void;
  /** Its state is not in the file: it is a file that was never deployed, which says what it says there, or else what this version did. */
  asFile(name: string, version: number): void;
  /** Within the transaction that opens the streams. Throws where a name is taken by now. */
  settle(processors: readonly Omit<ProcessorRecord, 'producerId'>[]): void;
  /** After that transaction. */
  settled(): void;
  /** Also after {@link settle}, where the streams are not there after all. */
  undo(): void;
}

export interface Incoming {
  /** Why a processor can not be called so here, a sentence; null where it can. */
  problemOf(name: string): string | null;
  begin(): IncomingRun;
}

export interface IncomingParts {
  records: ProcessorRecords;
  trust: TrustRecords;
  arriving: ArrivingProcessors;
  sources: SourceFolder;
  registry: StreamRegistry;
  newProducerId: () => string;
  changed: () => void;
}

export function createIncoming({ records, trust, arriving, sources, registry, newProducerId, changed }: IncomingParts): Incoming {
  // The lab ended before they were written.
  writeFiles();

  function names(): string[] {
    return [...new Set([...records.all().map(({ name }) => name), ...sources.names()])];
  }

  function check(name: string): void {
    const problem = processorNameProblem(name);
    if (problem) throw new LabError('bad-input', problem);
    // Their files may lie where upper and lower case are one.
    const twin = names().find((other) => other.toLowerCase() === name.toLowerCase());
    if (twin !== undefined) throw new LabError('processor-exists', `There is already a processor “${twin}”. Choose another name.`);
    const taken = registry.internalProblemOf(stateStreamOf(name));
    if (taken !== null) throw new LabError('processor-exists', taken);
  }

  /** One that is there by then is another one's, and stays. */
  function writeFiles(): void {
    for (const file of arriving.unwritten()) {
      try {
        writeFile(file);
      } catch {
        // It is tried again when the workspace is opened the next time; that the file is missing is said on screen.
        continue;
      }
      arriving.written(file);
    }
  }

  function writeFile({ processor, kind, text }: ArrivingFile): void {
    if (kind === 'cases') sources.keepCases(processor, JSON.parse(text) as TestCase[]);
    else if (!sources.has(processor)) sources.write(processor, text);
  }

  return {
    problemOf(name) {
      try {
        check(name);
        return null;
      } catch (error) {
        return (error as LabError).message;
      }
    },
    begin() {
      const importId = randomUUID();
      const coming = new Set<string>();
      let isSettled = false;
      return {
        add(name) {
          check(name);
          const twin = [...coming].find((other) => other.toLowerCase() === name.toLowerCase());
          if (twin !== undefined)
            throw new LabError('processor-exists', `Two processors would be called “${twin}”. Choose another name for one of them.`);
          if (names().length + coming.size >= PROCESSORS_MAX)
            throw new LabError('too-many', `A workspace has at most ${PROCESSORS_MAX} processors. Remove some first.`);
          coming.add(name);
        },
        version: (name, version, source) => arriving.addVersion(importId, name, version, source),
        file: (processor, text) => arriving.addFile(importId, { processor, kind: 'source', text }),
        cases: (processor, cases) => arriving.addFile(importId, { processor, kind: 'cases', text: JSON.stringify(cases) }),
        asFile: (name, version) => arriving.asFile(importId, name, version),
        settle(processors) {
          for (const name of coming) check(name);
          arriving.settle(importId);
          for (const record of processors) records.put({ ...record, producerId: newProducerId() });
          isSettled = true;
        },
        settled() {
          writeFiles();
          changed();
        },
        undo() {
          arriving.undo(importId);
          if (!isSettled) return;
          for (const name of coming) {
            records.remove(name);
            trust.forget(name);
            arriving.forget(name);
          }
        },
      };
    },
  };
}
