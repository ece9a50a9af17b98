/**
 * Where a processor's code runs: a context of V8 with its own globals (realm/), without code generation from strings, without any object of
 * ours, in a process that does nothing else (processorProcess.ts). Only strings and numbers go in and out.
 *
 * The context is an ordinary global object (DONT_CONTEXTIFY): one made of an object of ours would give that object away. There is no
 * `import()` in it, since compile.ts writes calls of `require` instead, and nothing in it can make code of text.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import vm from 'node:vm';
import { LabError } from '../../api/errors.ts';
import type { Declaration } from '../realm/declaration.ts';
import type { Failure } from '../realm/outcome.ts';
import type { createRealm, Loaded, Module, Realm } from '../realm/realm.ts';

const BEFORE = '(function (exports, require) { ';
const AFTER = '\n})';

export interface LoadedProcessor {
  realm: Realm;
  declaration: Declaration;
  /** What it logged while it was loaded. */
  log: string[];
}

export interface LoadOptions {
  /** As places in the file are named. */
  fileName: string;
  /** Of all chance. */
  seed: number;
  /** Path of the geo database, a MaxMind DB. */
  geoFile: string;
}

/** A geo database may have a hundred megabytes: only who says so gets it. */
const NEEDS_GEO = /\bgeo\b/;

function openGeo(realm: Realm, geoFile: string): void {
  let problem: string | null;
  let file: number | undefined;
  try {
    file = openSync(geoFile, 'r');
    const room = realm.geoRoom(fstatSync(file).size);
    for (let at = 0; at < room.length;) {
      const read = readSync(file, room, at, room.length - at, at);
      if (read === 0) throw new Error('It was cut short meanwhile.');
      at += read;
    }
    problem = realm.openGeo();
  } catch (error) {
    problem = (error as Error).message;
  } finally {
    if (file !== undefined) closeSync(file);
  }
  if (problem === null) return;
  throw new LabError('file-unreadable', `The geo database ${geoFile} can not be read: ${problem}. Give a MaxMind DB file (.mmdb).`);
}

/**
 * Loads a compiled processor into a new realm. `realmScript`: the built realm. Throws `bad-input` with the place where it can not be loaded,
 * `file-unreadable` for the geo database.
 */
export function loadProcessor(realmScript: string, code: string, { fileName, seed, geoFile }: LoadOptions): LoadedProcessor {
  const context = vm.createContext(vm.constants.DONT_CONTEXTIFY, { name: fileName, codeGeneration: { strings: false, wasm: false } });
  const made = new vm.Script(`${realmScript}\nloglabRealm;`, { filename: 'realm.js' }).runInContext(context) as {
    createRealm: typeof createRealm;
  };
  // A variable of the script can not be deleted.
  new vm.Script('loglabRealm = undefined;').runInContext(context);
  const realm = made.createRealm(seed);
  if (NEEDS_GEO.test(code)) openGeo(realm, geoFile);
  const module = moduleOf(code, fileName).runInContext(context) as Module;
  const loaded = JSON.parse(realm.load(module, fileName)) as Loaded;
  if ('failure' in loaded) throw new LabError('bad-input', failureText(loaded.failure, fileName));
  return { realm, declaration: loaded.declaration, log: loaded.log };
}

export function failureText({ message, place }: Failure, fileName: string): string {
  return `${fileName}${place ? `:${place.line}:${place.column}` : ''}: ${message}`;
}

/** What sucrase lets pass and V8 does not: it says where in the first line of its stack. */
function moduleOf(code: string, fileName: string): vm.Script {
  try {
    return new vm.Script(`${BEFORE}${code}${AFTER}`, { filename: fileName, columnOffset: -BEFORE.length });
  } catch (cause) {
    const { message, stack } = cause as Error;
    const line = /:(\d+)\n/.exec(stack ?? '')?.[1];
    throw new LabError('bad-input', `${fileName}${line === undefined ? '' : `:${line}`}: ${message}`, { cause });
  }
}
