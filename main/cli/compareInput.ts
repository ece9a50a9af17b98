/** What loglab compare compares: two files, over a stream of a lab or over the records of a file. */
import { existsSync } from 'node:fs';
import { LabError } from '../api/errors.ts';
import type { ProcessorShape } from '../api/processors.ts';
import { streamNameProblem } from '../api/values.ts';
import { userPath } from '../web/layout.ts';
import { connect, type Connection, type Target } from './connect.ts';
import { fromFile, fromStdin } from './importSource.ts';
import type { Output } from './output.ts';
import { nameOf } from './processorFile.ts';
import { readSource } from './readableFile.ts';
import { fillLab, openRecordsLab } from './recordsLab.ts';
import { recordsOf } from './testProcessor.ts';

export interface ComparedFile {
  name: string;
  source: string;
}

/** The streams that both read, and the one that a file with one input reads, whatever it calls it; null: the one that it names. */
export interface ComparedInput {
  streams: string[];
  reads: string | null;
}

export interface Comparable {
  connection: Connection;
  shapes: ProcessorShape[];
  input: ComparedInput;
}

/** Errors: `file-unreadable`; `bad-input` for a file after which no processor can be called. */
export async function readCompared(file: string): Promise<ComparedFile> {
  return { name: nameOf(file), source: await readSource(file) };
}

/**
 * Opens the lab with the input. A file of records where `given` is one, and no lab is named. Errors: those of {@link connect}; `bad-input` with the
 * place, for a processor that can not be loaded, with the line, for a record that is none; `file-unreadable`, `no-such-stream`.
 */
export async function openCompared(target: Target, given: string, files: readonly ComparedFile[], { note }: Output): Promise<Comparable> {
  const isNamed = [target.url, target.workspace, target.lab].some((named) => named !== undefined);
  return !isNamed && isFile(given) ? overRecords(given, files) : overStream(target, given, isNamed, files, note);
}

const isFile = (given: string): boolean => given === '-' || existsSync(userPath(given)) || streamNameProblem(given) !== null;

async function overRecords(given: string, files: readonly ComparedFile[]): Promise<Comparable> {
  const source = given === '-' ? fromStdin(process.stdin) : fromFile(userPath(given));
  // Before a lab is opened for it.
  await source.size();
  return within(await openRecordsLab(), async (connection) => {
    const shapes = await shapesOf(connection, files);
    const isOfOne = shapes.every(({ inputs }) => inputs.length === 1);
    const streams = isOfOne ? [shapes[0]!.inputs[0]!] : [...new Set(shapes.flatMap(({ inputs }) => inputs))];
    await fillLab(connection, streams, recordsOf(source.pieces(0), streams));
    return { connection, shapes, input: { streams, reads: isOfOne ? streams[0]! : null } };
  });
}

async function overStream(
  target: Target,
  stream: string,
  isNamed: boolean,
  files: readonly ComparedFile[],
  say: Output['note'],
): Promise<Comparable> {
  return within(await connect(target, { makes: false, say }), async (connection) => {
    const known = (await connection.client.streams.list({})).some(({ name }) => name === stream);
    if (!known) throw new LabError('no-such-stream', noSuchInput(stream, isNamed));
    const shapes = await shapesOf(connection, files);
    return { connection, shapes, input: inputOf(stream, files, shapes) };
  });
}

function noSuchInput(stream: string, isNamed: boolean): string {
  const none = `There is no stream “${stream}”`;
  return isNamed
    ? `${none}. loglab streams list shows those that there are; a file is the input where no lab is named.`
    : `${none}, and no file ${stream}. Name one of both: loglab streams list shows the streams that there are.`;
}

/** A stream, and what else those read that read several. */
function inputOf(stream: string, files: readonly ComparedFile[], shapes: readonly ProcessorShape[]): ComparedInput {
  const several = shapes.map(({ inputs }) => (inputs.length === 1 ? [] : inputs));
  const deaf = several.findIndex((inputs) => inputs.length > 0 && !inputs.includes(stream));
  if (deaf >= 0)
    throw new LabError(
      'bad-input',
      `${files[deaf]!.name} reads ${several[deaf]!.join(', ')}, not ${stream}. Name one of these as the input.`,
    );
  return { streams: [...new Set([stream, ...several.flat()])], reads: stream };
}

/** What two processors say of themselves. */
async function shapesOf({ client }: Connection, files: readonly ComparedFile[]): Promise<ProcessorShape[]> {
  const shapes: ProcessorShape[] = [];
  for (const { name, source } of files) shapes.push(await client.processors.check({ name, source }));
  return shapes;
}

/** The lab is closed where it comes to nothing. */
async function within(connection: Connection, work: (connection: Connection) => Promise<Comparable>): Promise<Comparable> {
  try {
    return await work(connection);
  } catch (error) {
    await connection.close();
    throw error;
  }
}
