/** loglab processors deploy | list | source | trust | pause | resume | remove: the processors of a workspace, which run while its lab is open. */
import path from 'node:path';
import { LabError } from '../api/errors.ts';
import { type Guarantee, processorNameProblem, type ProcessorStart, type ProcessorSummary } from '../api/processors.ts';
import { shapeHere } from '../processors/wiring.ts';
import type { Connection } from './connect.ts';
import { type Output, tableLines, toJson } from './output.ts';
import { readSource } from './readableFile.ts';

export interface DeployArguments {
  /** Null: after the file. */
  name: string | null;
  /** Null: as it was, exactly-once at first. */
  guarantee: Guarantee | null;
  /** Null: from the beginning, where it begins anew or for the first time. */
  start: ProcessorStart | null;
  /** Forgets its state, and begins from the start. */
  anew: boolean;
  json: boolean;
}

/** Makes a version of the file's text, and runs it. Errors: those of `processors.deploy`, and `bad-input` for a file that can not be read. */
export async function deployProcessor(
  { client }: Connection,
  output: Output,
  file: string,
  { name, json, ...options }: DeployArguments,
): Promise<void> {
  const source = await readSource(file);
  const called = name ?? nameOf(file);
  const deployed = await client.processors
    .deploy({ name: called, source, ...options })
    .catch(nameFile(file, called))
    .catch(sayHowToTrust(called));
  await output.print(json ? lineOf(deployed) : sentenceOf(deployed));
}

/** The lab names places in the file that it makes of this one; here it is the one that was given. */
function nameFile(file: string, called: string): (error: unknown) => never {
  return (error) => {
    const made = `${called}.ts`;
    const given = path.basename(file);
    if (!(error instanceof LabError) || !error.message.startsWith(`${made}:`) || given === made) throw error;
    throw new LabError(error.code, given + error.message.slice(made.length), { cause: error });
  };
}

/** A processor is called after its file. */
function nameOf(file: string): string {
  const name = path.basename(file).replace(/\.[^.]+$/, '');
  const problem = processorNameProblem(name);
  if (problem) throw new LabError('bad-input', `${problem} It is called after its file; give another name with --name.`);
  return name;
}

export async function listProcessors({ client }: Connection, output: Output, { json }: { json: boolean }): Promise<void> {
  const processors = await client.processors.list({});
  if (json) {
    for (const processor of processors) await output.print(lineOf(processor));
    return;
  }
  if (processors.length === 0) return output.say('There is no processor yet. Deploy one: loglab processors deploy FILE');
  const rows = [
    ['PROCESSOR', 'STATE', 'VERSION', 'IN', 'OUT', 'BAD', 'LAG', 'RESTARTS'],
    ...processors.map((each) => [
      each.name,
      each.state === 'untrusted' ? 'not trusted' : each.state,
      String(each.current?.version ?? '-'),
      String(each.in),
      String(Object.values(each.out).reduce((sum, count) => sum + count, 0)),
      String(each.bad),
      String(lagOf(each) ?? '-'),
      String(each.restarts),
    ]),
  ];
  for (const line of tableLines(rows, [2, 3, 4, 5, 6, 7])) await output.print(line);
  // What holds for many is said once.
  for (const [message, those] of Map.groupBy(processors, (each) => each.message)) {
    if (message !== null) output.say(`${those.map(({ name }) => name).join(', ')}: ${message}`);
  }
}

/** What runs of a processor, or would; of one that was never deployed what its file says. */
async function sourceOf({ client }: Connection, name: string): Promise<string> {
  const found = (await client.processors.list({})).find((each) => each.name === name);
  return (await client.processors.source({ name, version: found?.current?.version ?? null })).text;
}

/** Characters that a terminal does not show, or that make it show something else than there is: it is looked at to be trusted. */
const UNSEEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

export async function printSource(connection: Connection, output: Output, name: string, { json }: { json: boolean }): Promise<void> {
  const source = await sourceOf(connection, name);
  if (json) return output.print(toJson({ name, source }));
  const seen = source.replace(UNSEEN, (character) => `<U+${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}>`);
  await output.write(process.stdout.isTTY ? seen : source);
}

function sayHowToTrust(name: string): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof LabError) || error.code !== 'untrusted') throw error;
    const how = `Look at it: loglab processors source ${name}. Trust it: loglab processors trust ${name}.`;
    throw new LabError('untrusted', `${error.message} ${how}`, { cause: error });
  };
}

export async function trustProcessor(connection: Connection, output: Output, name: string, { json }: { json: boolean }): Promise<void> {
  const source = await sourceOf(connection, name);
  const trusted = await connection.client.processors.trust({ name, source });
  await output.print(json ? lineOf(trusted) : `${name} is trusted. ${afterTrust(trusted)}`);
}

function afterTrust({ state }: ProcessorSummary): string {
  if (state === 'draft') return 'It was never deployed.';
  if (state === 'paused') return 'It is paused, as it was when the workspace was exported.';
  return state === 'resting' ? 'It goes on where it stood when the lab is opened.' : 'It goes on where it stood.';
}

export async function pauseProcessor({ client }: Connection, output: Output, name: string, { json }: { json: boolean }): Promise<void> {
  await client.processors.pause({ name });
  await output.print(json ? toJson({ paused: name }) : `${name} has committed what it had, and stands still.`);
}

export async function resumeProcessor({ client }: Connection, output: Output, name: string, { json }: { json: boolean }): Promise<void> {
  await client.processors.resume({ name }).catch(sayHowToTrust(name));
  const resumed = (await client.processors.list({})).find((each) => each.name === name);
  const when = resumed?.state === 'resting' ? ' when the lab is opened' : '';
  await output.print(json ? toJson({ resumed: name }) : `${name} goes on where it stood${when}.`);
}

export async function removeProcessor({ client }: Connection, output: Output, name: string, { json }: { json: boolean }): Promise<void> {
  await client.processors.remove({ name });
  const said = `${name} is removed, with its state and its positions. What it wrote stays; its file is in the folder processors/removed.`;
  await output.print(json ? toJson({ removed: name }) : said);
}

function sentenceOf({ name, state, current, streams, guarantee }: ProcessorSummary): string {
  const { version, inputs, outputs } = shapeHere(current!, streams);
  const writes = outputs.length === 0 ? '' : ` and writes ${outputs.join(', ')}`;
  const when = state === 'resting' ? ' It runs while the lab is open: npm start.' : '';
  return `Version ${version} of ${name} is deployed: it reads ${inputs.join(', ')}${writes}, ${guarantee.replaceAll('-', ' ')}.${when}`;
}

/** Events that wait to be read, of all its tasks; null where that is not known. */
function lagOf({ tasks }: ProcessorSummary): number | null {
  const lags = tasks.flatMap(({ inputs }) => inputs.map(({ lag }) => lag));
  return lags.length === 0 || lags.includes(null) ? null : lags.reduce<number>((sum, lag) => sum + lag!, 0);
}

/** Streams by the names that they have here. */
export function lineOf(processor: ProcessorSummary): string {
  const { name, state, message, guarantee, hasChanges, restarts, bad, out, latencyMs } = processor;
  const current = processor.current && shapeHere(processor.current, processor.streams);
  return toJson({
    ...{ name, state, message, version: current?.version ?? null, inputs: current?.inputs ?? [], outputs: current?.outputs ?? [] },
    ...{ guarantee, hasChanges, restarts, in: processor.in, bad, out, lag: lagOf(processor), latencyMs },
  });
}
