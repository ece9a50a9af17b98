/**
 * What a workspace's file has of a processor (format.ts says where). By its own names, which are those in its code, for what it reads and writes;
 * `streams` says which of these are called otherwise in the file.
 *
 * Not taken along: the id by which it sends to other brokers. Where it arrives it gets another one, and sequences begin anew: at the cut nothing is
 * on its way (cut.ts), and the batches that went before may have been trimmed, so that nobody there knows how far a sequence had come.
 */
import * as v from 'valibot';
import {
  GUARANTEES,
  PROCESSOR_NAME_LENGTH_MAX,
  processorNameProblem,
  PROCESSORS_MAX,
  SOURCE_CHARACTERS_MAX,
  testCases,
  VERSIONS_MAX,
} from '../../api/processors.ts';
import { SHARDS_MAX, STREAM_NAME_LENGTH_MAX } from '../../api/values.ts';
import { checked, int64, isoTime, jsonFrom, textFrom, whole } from './fileJson.ts';
import { damaged } from './tar.ts';

/** Largest source, and largest list of cases, that is read, bytes: in UTF-8 a character has up to three. */
export const SOURCE_BYTES_MAX = 3 * SOURCE_CHARACTERS_MAX;
export const CASES_BYTES_MAX = 16 * 1024 * 1024;

/** Inputs, outputs and stores of one version, each. */
const NAMES_MAX = 50;
/** Windows of a thousand years have no use. */
const PERIOD_MS_MAX = 1_000 * 366 * 24 * 60 * 60 * 1_000;

const streamName = v.pipe(v.string(), v.maxLength(STREAM_NAME_LENGTH_MAX));
const names = v.pipe(v.array(streamName), v.maxLength(NAMES_MAX));
const period = v.nullable(v.pipe(whole, v.minValue(1), v.maxValue(PERIOD_MS_MAX)));
const shards = v.pipe(whole, v.minValue(1), v.maxValue(SHARDS_MAX));
const ofShards = <S extends v.GenericSchema>(of: S) => v.pipe(v.array(of), v.maxLength(SHARDS_MAX));

export const manifestProcessor = v.object({
  name: v.pipe(
    v.string(),
    v.maxLength(PROCESSOR_NAME_LENGTH_MAX),
    v.check((name) => processorNameProblem(name) === null, 'no name of a processor'),
  ),
  /** 0 for one that was never deployed. */
  versions: v.pipe(whole, v.maxValue(VERSIONS_MAX)),
  /** What the version that runs reads and writes, as it is called in the file. */
  inputs: names,
  outputs: names,
  /** About how large its state is; null where it has none yet. */
  state: v.nullable(v.object({ shards, events: whole, bytes: whole })),
});
export type ManifestProcessor = v.InferOutput<typeof manifestProcessor>;
export const manifestProcessors = v.pipe(v.array(manifestProcessor), v.maxLength(PROCESSORS_MAX));

const factsSchema = v.object({
  /** Null for one that was never deployed. */
  deployed: v.nullable(
    v.object({
      wanted: v.picklist(['running', 'paused']),
      guarantee: v.picklist(GUARANTEES),
      seed: v.pipe(whole, v.maxValue(2 ** 32 - 1)),
      /** The version that runs. */
      version: v.pipe(whole, v.minValue(1)),
      /** Where it begins to read, by input the offset of each shard; and where it stands by now. */
      starts: v.record(streamName, ofShards(int64)),
      positions: v.record(streamName, ofShards(v.nullable(int64))),
      streams: v.record(streamName, streamName),
    }),
  ),
  /** Whether the parts file.ts and cases.json are there. */
  file: v.boolean(),
  cases: v.boolean(),
});
export type ProcessorFacts = v.InferOutput<typeof factsSchema>;

const versionSchema = v.object({
  version: v.pipe(whole, v.minValue(1)),
  deployedAt: isoTime,
  inputs: v.pipe(names, v.minLength(1)),
  outputs: names,
  stores: names,
  windowMs: period,
  punctuateMs: period,
});
export type FileVersion = v.InferOutput<typeof versionSchema>;

const number = (of: number): string => String(of).padStart(4, '0');
export const processorPlace = (processor: number): string => `processors/${number(processor)}`;
export const factsName = (processor: number): string => `${processorPlace(processor)}/processor.json`;
/** `version`: its place among those in the file. */
export const versionName = (processor: number, version: number, ending: 'json' | 'ts'): string =>
  `${processorPlace(processor)}/versions/${number(version)}.${ending}`;
export const sourceName = (processor: number): string => `${processorPlace(processor)}/file.ts`;
export const casesName = (processor: number): string => `${processorPlace(processor)}/cases.json`;

export const factsFrom = (bytes: Buffer, file: string): ProcessorFacts => checked(factsSchema, jsonFrom(bytes, file), file);
export const versionFrom = (bytes: Buffer, file: string): FileVersion => checked(versionSchema, jsonFrom(bytes, file), file);
export const casesFrom = (bytes: Buffer, file: string): v.InferOutput<typeof testCases> => checked(testCases, jsonFrom(bytes, file), file);

export function sourceFrom(bytes: Buffer, file: string): string {
  const text = textFrom(bytes, file);
  if (text.length <= SOURCE_CHARACTERS_MAX) return text;
  throw damaged(`its part ${file} is longer than a processor can be`);
}
