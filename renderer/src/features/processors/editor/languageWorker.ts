/**
 * TypeScript's language service over one processor, in a worker: it knows the types of loglab.d.ts and of the language, and none of a browser. The
 * compiler has some megabytes, so it is loaded when an editor is opened, and not before.
 */
import ts from 'typescript';
import loglabTypes from '../../../../../resources/processors/loglab.d.ts?raw';
import type { Answer, Asked, Completions, Hover, Problem } from './languageMessages.ts';

const FILE = '/processor.ts';
const TYPES = '/loglab.d.ts';
const LIBRARY = '/lib/';
/** Completions of one answer. */
const COMPLETIONS_MAX = 300;

const libraries = new Map(
  Object.entries(
    import.meta.glob<string>(
      [
        '../../../../../node_modules/typescript/lib/lib.es*.d.ts',
        '../../../../../node_modules/typescript/lib/lib.decorators*.d.ts',
        '!../../../../../node_modules/typescript/lib/*.full.d.ts',
      ],
      { query: '?raw', import: 'default', eager: true },
    ),
  ).map(([file, text]) => [`${LIBRARY}${file.split('/').at(-1)!}`, text]),
);

let text = '';
let version = 0;

function textOf(file: string): string | undefined {
  if (file === FILE) return text;
  return file === TYPES ? loglabTypes : libraries.get(file);
}

const service = ts.createLanguageService({
  getCompilationSettings: () => ({
    target: ts.ScriptTarget.ES2024,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    lib: ['lib.es2024.d.ts'],
    types: [],
    strict: true,
    noEmit: true,
  }),
  getScriptFileNames: () => [FILE, TYPES],
  getScriptVersion: (file) => (file === FILE ? String(version) : '0'),
  getScriptSnapshot(file) {
    const found = textOf(file);
    return found === undefined ? undefined : ts.ScriptSnapshot.fromString(found);
  },
  getCurrentDirectory: () => '/',
  getDefaultLibFileName: () => `${LIBRARY}lib.es2024.d.ts`,
  fileExists: (file) => textOf(file) !== undefined,
  readFile: textOf,
});

function problems(): Problem[] {
  return [...service.getSyntacticDiagnostics(FILE), ...service.getSemanticDiagnostics(FILE)]
    .filter(({ category }) => category === ts.DiagnosticCategory.Error)
    .map(({ start = 0, length = 0, messageText }) => ({
      from: start,
      to: start + length,
      message: ts.flattenDiagnosticMessageText(messageText, '\n'),
    }));
}

function completions(at: number): Completions | null {
  const found = service.getCompletionsAtPosition(FILE, at, { includeCompletionsForModuleExports: false });
  if (!found) return null;
  const typed = /[\w$]*$/.exec(text.slice(0, at))![0];
  const entries = found.entries
    .filter(({ name, kind }) => kind !== ts.ScriptElementKind.warning && name.toLowerCase().startsWith(typed.toLowerCase()))
    .slice(0, COMPLETIONS_MAX)
    .map(({ name, kind }) => ({ label: name, kind }));
  return { from: at - typed.length, entries };
}

function hover(at: number): Hover | null {
  const found = service.getQuickInfoAtPosition(FILE, at);
  if (!found) return null;
  return {
    from: found.textSpan.start,
    to: found.textSpan.start + found.textSpan.length,
    declaration: ts.displayPartsToString(found.displayParts),
    documentation: ts.displayPartsToString(found.documentation),
  };
}

self.onmessage = ({ data }: MessageEvent<Asked>) => {
  const { id, ask } = data;
  if (data.text !== text) {
    text = data.text;
    version++;
  }
  let answer: Answer;
  if (ask.what === 'problems') answer = { id, problems: problems() };
  else if (ask.what === 'completions') answer = { id, completions: completions(ask.at) };
  else answer = { id, hover: hover(ask.at) };
  self.postMessage(answer);
};
