/** loglab processors test: a processor over the records of a file, in simulated time, without a workspace: what it emits is printed. */
import { isUtf8 } from 'node:buffer';
import path from 'node:path';
import { LabError, toLabError } from '../api/errors.ts';
import { unevenInputs } from '../api/processors.ts';
import { recordFromJson, recordLineBytesMax, recordToJson } from '../api/recordJson.ts';
import { NO_TIMESTAMP } from '../api/time.ts';
import { VALUE_BYTES_MAX_CEILING } from '../api/values.ts';
import { LineSplitter, type Line } from '../connectors/files/lines.ts';
import { BAD, REASON_HEADER } from '../processors/bad.ts';
import {
  SIMULATED_RECORDS_MAX,
  type Emission,
  type Simulated,
  type SimulatedRecord,
  type StepFailure,
} from '../processors/processorContract.ts';
import { type ProcessorLink, startProcessor } from '../processors/processorLink.ts';
import type { Spawner } from '../processes/spawner.ts';
import { plainRecord } from './consume.ts';
import type { Output } from './output.ts';
import { readSource } from './readableFile.ts';

/** Bytes of lines that are handed to the processor at once. */
const PART_BYTES_MAX = 2 * 1024 * 1024;

export interface TestProcessorOptions {
  /** Path of the geo database. */
  geoFile: string;
  /** Of all chance. */
  seed: number;
  /** How much time passes after the last event, milliseconds. */
  runOnMs: number;
  json: boolean;
}

/** Ends with a failure where the processor can not be loaded, is ended, or fails in a window; bad events are no failure. */
export async function testProcessor(
  spawner: Spawner,
  output: Output,
  file: string,
  input: AsyncIterable<Uint8Array>,
  { geoFile, seed, runOnMs, json }: TestProcessorOptions,
): Promise<void> {
  const source = await readSource(file);
  const link = await startProcessor(spawner);
  const printer = createPrinter(output, json);
  /** As many as each input has by its records. */
  const shards = new Map<string, number>();
  try {
    const loaded = await link.client.load({ source, fileName: path.basename(file), seed, geoFile });
    for (const line of loaded.log) output.say(line);
    for await (const records of recordsOf(input, loaded.declaration.inputs)) {
      for (const { stream, shard } of records) shards.set(stream, Math.max(shards.get(stream) ?? 0, shard + 1));
      await printer.print(link.client.simulate({ records }));
    }
    const uneven = unevenInputs(loaded.declaration, (stream) => shards.get(stream));
    if (uneven !== null) output.say(uneven);
    await printer.print(link.client.runOn({ ms: runOnMs }));
  } catch (error) {
    throw await reasonOf(error, link);
  } finally {
    await link.close();
  }
  printer.end(path.basename(file));
}

/** A call that was cut off says less than why the process ended. */
async function reasonOf(error: unknown, link: ProcessorLink): Promise<unknown> {
  return toLabError(error).code === 'disconnected' ? link.ended : error;
}

/** The records of the lines, in parts, for who reads these streams. Throws `bad-input` that names the line. */
export async function* recordsOf(input: AsyncIterable<Uint8Array>, inputs: readonly string[]): AsyncGenerator<SimulatedRecord[]> {
  const splitter = new LineSplitter(recordLineBytesMax(VALUE_BYTES_MAX_CEILING));
  const read = recordReader(inputs);
  let part: SimulatedRecord[] = [];
  let bytes = 0;
  function* take(lines: Iterable<Line>): Generator<SimulatedRecord[]> {
    for (const line of lines) {
      if (isBlank(line)) continue;
      part.push(read(line));
      bytes += line.bytes.length;
      if (part.length < SIMULATED_RECORDS_MAX && bytes < PART_BYTES_MAX) continue;
      yield part;
      part = [];
      bytes = 0;
    }
  }
  for await (const piece of input) yield* take(splitter.push(piece));
  yield* take(splitter.finish());
  if (part.length > 0) yield part;
}

const isBlank = ({ bytes }: Line): boolean => bytes.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);

/** With one input all records are its; else each goes where its `stream` says. Without a shard it is in shard 0. */
function recordReader(inputs: readonly string[]): (line: Line) => SimulatedRecord {
  const ends = new Map<string, number>();
  return (line) => {
    try {
      const text = textOf(line);
      const { key, value, headers, timestamp, shard } = recordFromJson(text);
      const stream = inputs.length === 1 ? inputs[0]! : streamOf(text, inputs);
      const place = `${shard ?? 0} ${stream}`;
      const offset = ends.get(place) ?? 0;
      ends.set(place, offset + 1);
      return {
        stream,
        shard: shard ?? 0,
        offset: String(offset),
        timestamp,
        key,
        value,
        headers: headers.map(([name, content]) => [name, content]),
      };
    } catch (error) {
      const { code, message } = toLabError(error);
      throw new LabError(code, `Line ${line.number}: ${message}`, { cause: error });
    }
  };
}

function textOf({ bytes, isCut }: Line): string {
  if (isCut) throw new LabError('value-too-large', 'This line is longer than any event can be.');
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (!isUtf8(text)) throw new LabError('bad-input', 'This line is not valid UTF-8; other bytes are written as {"base64": "…"}.');
  return text.toString('utf8');
}

function streamOf(line: string, inputs: readonly string[]): string {
  const { stream } = JSON.parse(line) as { stream?: unknown };
  if (typeof stream === 'string' && inputs.includes(stream)) return stream;
  const said = stream === undefined ? 'It has no “stream”' : `Its stream is ${JSON.stringify(stream)}`;
  throw new LabError('bad-input', `${said}; the processor reads ${inputs.map((input) => `“${input}”`).join(', ')}.`);
}

const reasonsOf = (headers: Emission['headers']): string =>
  headers
    .filter(([name]) => name === REASON_HEADER)
    .map(([, reason]) =>
      Buffer.from(reason!)
        .toString()
        .replaceAll(/\s*\n\s*/g, ' '),
    )
    .join('; ');

function createPrinter(output: Output, json: boolean) {
  const ends = new Map<string, bigint>();
  const counts = new Map<string, number>();
  const failures: StepFailure[] = [];

  function line({ output: stream, shard, timestamp, key, value, headers }: Emission): string {
    const place = `${shard} ${stream}`;
    const offset = ends.get(place) ?? 0n;
    ends.set(place, offset + 1n);
    counts.set(stream, (counts.get(stream) ?? 0) + 1);
    const record = { shard, offset, timestamp: timestamp ?? NO_TIMESTAMP, key, value, headers };
    return json ? recordToJson(stream, record) : `${stream}\t${plainRecord(record)}${stream === BAD ? `\t${reasonsOf(headers)}` : ''}`;
  }

  return {
    async print(parts: AsyncIterable<Simulated>): Promise<void> {
      for await (const part of parts) {
        if (part.emissions.length > 0) await output.print(part.emissions.map(line).join('\n'));
        for (const said of part.log) output.say(said);
        failures.push(...part.failures);
      }
    },
    end(fileName: string): void {
      output.note([...counts].map(([stream, count]) => `${count.toLocaleString('en')} to ${stream}`).join(', ') || 'Nothing was emitted.');
      const [first] = failures;
      if (!first) return;
      const place = first.place ? ` (${fileName}:${first.place.line})` : '';
      const more = failures.length > 1 ? ` So did ${failures.length - 1} more.` : '';
      throw new LabError('bad-input', `The ${first.step} failed: ${first.message}${place}.${more}`);
    },
  };
}
