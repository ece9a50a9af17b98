/**
 * The folder `processors` of a workspace: `<name>.ts` is the source of a processor, `<name>.cases.json` its cases. It is watched, so that any
 * editor can be used; for those `loglab.d.ts` and a tsconfig.json lie beside them, written by the lab.
 */
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { watch } from 'chokidar';
import { LabError } from '../api/errors.ts';
import { PROCESSORS_MAX, processorNameProblem, SOURCE_CHARACTERS_MAX, type TestCase } from '../api/processors.ts';

/** A source in UTF-8 has at most so many bytes. */
const SOURCE_BYTES_MAX = 3 * SOURCE_CHARACTERS_MAX;
/** An editor that writes a file does so in several steps, milliseconds. */
const SETTLED_MS = 100;

const TSCONFIG = `${JSON.stringify({ compilerOptions: { target: 'es2024', lib: ['es2024'], types: [], strict: true, noEmit: true, module: 'esnext' } }, null, 2)}\n`;

export interface SourceFolder {
  /** Names of all processors that have a file. */
  names(): string[];
  has(name: string): boolean;
  file(name: string): string;
  /** Null where there is none. Throws `bad-input` for one that is too large to be read. */
  read(name: string): string | null;
  /** Throws `too-many`, `workspace-unwritable`. */
  write(name: string, source: string): void;
  /** Into the folder \`removed\`, under a name that is free there. */
  remove(name: string): void;
  cases(name: string): TestCase[];
  keepCases(name: string, cases: readonly TestCase[]): void;
  onChange(listener: () => void): () => void;
  close(): Promise<void>;
}

/** `typesFile`: what an editor is to know. `isWatched` false where nothing is to be told. */
export function openSourceFolder(folder: string, typesFile: string, isWatched: boolean): SourceFolder {
  const listeners = new Set<() => void>();
  const changed = (): void => listeners.forEach((listener) => listener());
  const fileOf = (name: string, ending = '.ts'): string => path.join(folder, `${name}${ending}`);
  // Who opens it in an editor finds what is needed there.
  if (isWatched || existsSync(folder)) attempt(writeTypes);
  let names = existsSync(folder) ? listed() : [];
  const watcher = isWatched
    ? watch(folder, { depth: 0, ignoreInitial: true, awaitWriteFinish: { stabilityThreshold: SETTLED_MS, pollInterval: 50 } })
    : null;
  watcher?.on('all', look);

  function look(): void {
    names = existsSync(folder) ? listed() : [];
    changed();
  }

  function listed(): string[] {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.d.ts'))
      .map((entry) => entry.name.slice(0, -'.ts'.length))
      .filter((name) => processorNameProblem(name) === null)
      .sort();
  }

  function writeTypes(): void {
    mkdirSync(folder, { recursive: true });
    copyFileSync(typesFile, path.join(folder, 'loglab.d.ts'));
    if (!existsSync(path.join(folder, 'tsconfig.json'))) writeFileSync(path.join(folder, 'tsconfig.json'), TSCONFIG);
  }

  function writing(file: string, work: () => void): void {
    try {
      work();
    } catch (cause) {
      const code = (cause as NodeJS.ErrnoException).code;
      if (code === 'ENOSPC') throw new LabError('disk-full', `The disk is full: ${file} could not be written.`, { cause });
      throw new LabError('workspace-unwritable', `${file} could not be written (${code ?? String(cause)}).`, { cause });
    }
  }

  return {
    names: () => names,
    has: (name) => names.includes(name),
    file: fileOf,
    read(name) {
      if (!existsSync(fileOf(name))) return null;
      if (statSync(fileOf(name)).size > SOURCE_BYTES_MAX) {
        throw new LabError(
          'bad-input',
          `${name}.ts is too large: a processor has at most ${SOURCE_CHARACTERS_MAX.toLocaleString('en')} characters.`,
        );
      }
      return readFileSync(fileOf(name), 'utf8');
    },
    write(name, source) {
      if (!names.includes(name) && names.length >= PROCESSORS_MAX) {
        throw new LabError('too-many', `A workspace has at most ${PROCESSORS_MAX} processors. Remove one first.`);
      }
      writing(fileOf(name), () => {
        writeTypes();
        // An editor, or a crash, sees the file before or the file after.
        writeFileSync(fileOf(name, '.ts.new'), source);
        renameSync(fileOf(name, '.ts.new'), fileOf(name));
      });
      look();
    },
    remove(name) {
      writing(fileOf(name), () => {
        const removed = path.join(folder, 'removed');
        mkdirSync(removed, { recursive: true });
        let place = path.join(removed, `${name}.ts`);
        for (let count = 2; existsSync(place); count++) place = path.join(removed, `${name}-${count}.ts`);
        if (existsSync(fileOf(name))) renameSync(fileOf(name), place);
        rmSync(fileOf(name, '.cases.json'), { force: true });
      });
      look();
    },
    cases(name) {
      if (!existsSync(fileOf(name, '.cases.json'))) return [];
      try {
        return JSON.parse(readFileSync(fileOf(name, '.cases.json'), 'utf8')) as TestCase[];
      } catch (cause) {
        throw new LabError('bad-input', `${name}.cases.json can not be read: ${(cause as Error).message}`, { cause });
      }
    },
    keepCases(name, cases) {
      const file = fileOf(name, '.cases.json');
      writing(file, () => writeFileSync(file, `${JSON.stringify(cases, null, 2)}\n`));
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      await watcher?.close();
    },
  };
}

/** What a folder that can not be written lacks is no reason not to open it. */
function attempt(work: () => void): void {
  try {
    work();
  } catch {
    // Said where something is to be written.
  }
}
