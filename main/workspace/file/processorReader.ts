/** Reads what a workspace's file says of its processors, part after part (processorFormat.ts). */
import type { ProcessorVersion, TestCase } from '../../api/processors.ts';
import { JSON_BYTES_MAX } from './fileJson.ts';
import {
  CASES_BYTES_MAX,
  casesFrom,
  casesName,
  factsFrom,
  factsName,
  type ManifestProcessor,
  type ProcessorFacts,
  sourceFrom,
  SOURCE_BYTES_MAX,
  sourceName,
  versionFrom,
  versionName,
} from './processorFormat.ts';
import { damaged } from './tar.ts';

/** Processors by their place in the manifest. */
export type ProcessorItem =
  | { kind: 'processor'; processor: number; facts: ProcessorFacts }
  | { kind: 'version'; processor: number; version: ProcessorVersion; source: string }
  | { kind: 'file'; processor: number; text: string }
  | { kind: 'cases'; processor: number; cases: TestCase[] };

/** A part that must come, and what is made of it. */
interface Expected {
  name: string;
  bytesMax: number;
  read: (content: Buffer) => ProcessorItem | null;
}

export class ProcessorReader {
  readonly #processors: readonly ManifestProcessor[];
  #processor = 0;
  #expected: Expected[] = [];

  constructor(processors: readonly ManifestProcessor[]) {
    this.#processors = processors;
    this.#begin();
  }

  /** The name of the part that must come next; null when all are there. */
  get next(): string | null {
    return this.#expected[0]?.name ?? null;
  }

  /** Largest size of the next part; null for any other. */
  bytesMax(name: string): number | null {
    const [next] = this.#expected;
    return next?.name === name ? next.bytesMax : null;
  }

  *take(content: Buffer): Generator<ProcessorItem, void, undefined> {
    const item = this.#expected.shift()!.read(content);
    if (item) yield item;
    if (this.#expected.length > 0) return;
    this.#processor++;
    this.#begin();
  }

  #begin(): void {
    const at = this.#processors[this.#processor];
    if (!at) return;
    const processor = this.#processor;
    const name = factsName(processor);
    const read = (content: Buffer): ProcessorItem => {
      const facts = factsFrom(content, name);
      if ((facts.deployed !== null) !== at.versions > 0 || (facts.deployed === null && at.state !== null))
        throw damaged(`its parts do not agree on what “${at.name}” is`);
      this.#expected.push(...this.#partsOf(processor, at, facts));
      return { kind: 'processor', processor, facts };
    };
    this.#expected.push({ name, bytesMax: JSON_BYTES_MAX, read });
  }

  #partsOf(processor: number, { name: called, versions }: ManifestProcessor, facts: ProcessorFacts): Expected[] {
    const expected: Expected[] = [];
    let last = 0;
    let hasCurrent = facts.deployed === null;
    for (let place = 0; place < versions; place++) {
      const [said, source] = [versionName(processor, place, 'json'), versionName(processor, place, 'ts')];
      let version: ProcessorVersion | null = null;
      const readVersion = (content: Buffer): null => {
        const { deployedAt, ...rest } = versionFrom(content, said);
        version = { ...rest, deployedAt: Date.parse(deployedAt) };
        if (version.version <= last) throw damaged(`the versions of “${called}” do not follow upon each other`);
        last = version.version;
        hasCurrent ||= version.version === facts.deployed?.version;
        if (place === versions - 1 && !hasCurrent) throw damaged(`the version of “${called}” that ran is not in it`);
        return null;
      };
      expected.push({ name: said, bytesMax: JSON_BYTES_MAX, read: readVersion });
      const readSource = (content: Buffer): ProcessorItem => ({
        ...{ kind: 'version', processor },
        ...{ version: version!, source: sourceFrom(content, source) },
      });
      expected.push({ name: source, bytesMax: SOURCE_BYTES_MAX, read: readSource });
    }
    const [file, cases] = [sourceName(processor), casesName(processor)];
    if (facts.file) {
      const read = (content: Buffer): ProcessorItem => ({ kind: 'file', processor, text: sourceFrom(content, file) });
      expected.push({ name: file, bytesMax: SOURCE_BYTES_MAX, read });
    }
    if (facts.cases) {
      const read = (content: Buffer): ProcessorItem => ({ kind: 'cases', processor, cases: casesFrom(content, cases) });
      expected.push({ name: cases, bytesMax: CASES_BYTES_MAX, read });
    }
    return expected;
  }
}
