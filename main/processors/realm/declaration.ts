/** What the default export of a processor says of itself, checked. */
import type { Processor } from 'loglab';
import { parseDuration } from '../../api/duration.ts';
import { isArray } from './primordials.ts';

const KNOWN = ['inputs', 'outputs', 'stores', 'onEvent', 'window', 'punctuate'];
const NAME = /^[A-Za-z0-9._-]{1,249}$/;
/** Inputs, outputs and stores of one processor, each. */
const NAMES_MAX = 50;
/** Shortest time between two windows, milliseconds. */
const EVERY_MS_MIN = 100;

/** As it leaves the realm. */
export interface Declaration {
  inputs: string[];
  outputs: string[];
  stores: string[];
  /** Milliseconds between two; null where it has none. */
  windowMs: number | null;
  punctuateMs: number | null;
}

/** Throws a TypeError that says what is wrong. */
export function declarationOf(exported: unknown): { processor: Processor; declaration: Declaration } {
  if (typeof exported !== 'object' || exported === null) {
    throw new TypeError('The file has no processor: write export default defineProcessor({ … }).');
  }
  const processor = exported as Processor;
  const unknown = Object.keys(processor).find((name) => !KNOWN.includes(name));
  if (unknown !== undefined) throw new TypeError(`A processor has no “${unknown}”; it has ${KNOWN.join(', ')}.`);
  if (typeof processor.onEvent !== 'function') throw new TypeError('A processor needs a function onEvent(event, ctx).');
  const outputs = names('outputs', processor.outputs ?? []);
  if (outputs.includes('bad')) throw new TypeError('“bad” is not declared: every processor has it. Say ctx.bad(reason).');
  const inputs = names('inputs', processor.inputs);
  if (inputs.length === 0) throw new TypeError('A processor needs inputs: the names of the streams that it reads.');
  return {
    processor,
    declaration: {
      inputs,
      outputs,
      stores: names('stores', processor.stores ?? []),
      windowMs: periodOf('window', processor.window),
      punctuateMs: periodOf('punctuate', processor.punctuate),
    },
  };
}

function names(what: string, given: unknown): string[] {
  if (!isArray(given)) throw new TypeError(`${what} is a list of names.`);
  if (given.length > NAMES_MAX) throw new TypeError(`A processor has at most ${NAMES_MAX} ${what}.`);
  for (const name of given as unknown[]) {
    if (typeof name !== 'string' || !NAME.test(name)) {
      throw new TypeError(`${what}: ${JSON.stringify(name)} is no name. A name has letters, digits, “.”, “_” and “-”, at most 249.`);
    }
  }
  const twice = (given as string[]).find((name, at) => given.indexOf(name) !== at);
  if (twice !== undefined) throw new TypeError(`${what}: “${twice}” is there twice.`);
  return [...(given as string[])];
}

function periodOf(what: 'window' | 'punctuate', periodic: Processor['window']): number | null {
  if (periodic === undefined) return null;
  if (typeof periodic !== 'object' || periodic === null || typeof periodic.run !== 'function') {
    throw new TypeError(`${what} needs every and run(time, ctx).`);
  }
  const ms = parseDuration(String(periodic.every));
  if (ms === null || ms < EVERY_MS_MIN) {
    throw new TypeError(
      `${what}: every is a time like 30s, 5m, 1h or 1d, at least ${EVERY_MS_MIN} ms; it is ${JSON.stringify(periodic.every)}.`,
    );
  }
  return ms;
}
