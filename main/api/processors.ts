/**
 * Processors: programs over streams. The source of one is a file in the workspace's folder `processors`, written in the lab or in any editor. To
 * deploy it makes a version of what the file says, and runs that one. A processor has a name, that of its file, and runs one version at a time.
 */
import * as v from 'valibot';
import { call, stream, type } from './contract.ts';
import { bytes, nothing, timestamp } from './values.ts';

/** Longest name of a processor, characters: its stream for state is called after it. */
export const PROCESSOR_NAME_LENGTH_MAX = 100;
/** Most processors of one workspace. */
export const PROCESSORS_MAX = 100;
/** Most versions that are kept of one; the oldest leave first. */
export const VERSIONS_MAX = 100;
/** Longest source, characters. */
export const SOURCE_CHARACTERS_MAX = 1024 * 1024;
/** Most events of one test, and most of a case that is kept. */
export const TEST_EVENTS_MAX = 10_000;
/** Most cases of one processor. */
export const CASES_MAX = 100;
/** Entries of a store in one answer. */
export const STATE_ENTRIES_MAX = 200;
/** What is kept of each processor to be shown: emitted events, failures, lines of its log. */
export const EMITTED_SHOWN_MAX = 50;
export const FAILURES_SHOWN_MAX = 100;
export const LINES_SHOWN_MAX = 500;

export const GUARANTEES = ['exactly-once', 'at-least-once', 'at-most-once'] as const;
export type Guarantee = (typeof GUARANTEES)[number];

/** Says why a text can not name a processor, or null where it can. */
export function processorNameProblem(name: string): string | null {
  if (name === '') return 'A processor needs a name.';
  if (name.length > PROCESSOR_NAME_LENGTH_MAX) {
    return `A processor’s name has at most ${PROCESSOR_NAME_LENGTH_MAX} characters; this one has ${name.length}.`;
  }
  const odd = [...name].find((character) => !/[A-Za-z0-9._-]/.test(character));
  if (odd) return `A processor’s name is made of A–Z, a–z, 0–9, dot, underscore and hyphen; “${odd}” is none of them.`;
  if (!/^[A-Za-z0-9]/.test(name)) return 'A processor’s name begins with a letter or a digit.';
  // Its file would be taken for a declaration of types, of which the lab's own is one; or for a device, on Windows.
  if (/\.d$/i.test(name)) return 'A processor’s name does not end in .d.';
  if (/^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i.test(name)) return `“${name}” can not be the name of a file on every system. Choose another.`;
  return null;
}

const name = v.pipe(v.string(), v.maxLength(1_000));
const source = v.pipe(
  v.string(),
  v.maxLength(SOURCE_CHARACTERS_MAX, `A processor has at most ${SOURCE_CHARACTERS_MAX.toLocaleString('en')} characters.`),
);

/** Where a processor begins to read that has read nothing yet. A time (milliseconds): at the events whose timestamp is not before it. */
const start = v.variant('at', [
  v.strictObject({ at: v.literal('beginning') }),
  v.strictObject({ at: v.literal('latest') }),
  v.strictObject({ at: v.literal('time'), time: timestamp }),
]);
export type ProcessorStart = v.InferOutput<typeof start>;

/** What a version says of itself. */
export interface ProcessorShape {
  inputs: string[];
  outputs: string[];
  stores: string[];
  /** Milliseconds between two; null where it has none. */
  windowMs: number | null;
  punctuateMs: number | null;
}

/** What is to be known of inputs that do not have the same number of shards, `shards` of each by name; null where there is nothing. */
export function unevenInputs(
  { inputs, stores }: Pick<ProcessorShape, 'inputs' | 'stores'>,
  shards: (input: string) => number | undefined,
): string | null {
  if (stores.length === 0) return null;
  const known = inputs.map((input) => ({ input, count: shards(input) })).filter(({ count }) => count !== undefined);
  if (new Set(known.map(({ count }) => count)).size < 2) return null;
  const said = known.map(({ input, count }) => `${input} ${count}`).join(', ');
  return `Its inputs have not the same number of shards (${said}): events of one key may lie in different ones, and each shard has stores of its own.`;
}

export interface ProcessorVersion extends ProcessorShape {
  version: number;
  /** Milliseconds since 1970. */
  deployedAt: number;
}

/**
 * draft       its file was never deployed
 * untrusted   it came with a workspace from elsewhere: nothing of it is loaded until somebody has looked at it and trusts it
 * starting    its process is started, and its state restored
 * running     it processes what comes
 * parked      nothing comes, so its process has ended; it is back with the next event
 * waiting     a broker that it needs is down, or a stream that it reads is gone
 * restarting  its process has ended unasked; it is started again in a moment
 * paused      by the user
 * failed      its process has ended too often in a row
 * resting     the program that has the workspace open does not run processors
 */
export type ProcessorState =
  'draft' | 'untrusted' | 'starting' | 'running' | 'parked' | 'waiting' | 'restarting' | 'paused' | 'failed' | 'resting';

export interface ProcessorTask {
  shard: number;
  /** How far event time has come, milliseconds; null before it has begun. */
  streamTime: number | null;
  in: number;
  bad: number;
  inputs: {
    stream: string;
    /** The offset that is read next. */
    position: bigint;
    /** Events that wait to be read; null where that is not known just now. */
    lag: number | null;
  }[];
}

export interface ProcessorSummary {
  name: string;
  /** Of its source, in the workspace's folder `processors`; null where the file is gone. */
  file: string | null;
  state: ProcessorState;
  /** For one that is not trusted: whether it was paused when its workspace was exported, and will be when it is trusted. */
  wasPaused: boolean;
  /** A sentence, where the state needs one. */
  message: string | null;
  /** The one that runs, or ran last; null before the first. */
  current: ProcessorVersion | null;
  /** How many versions there are. */
  versions: number;
  /** The file says something else than the current version. */
  hasChanges: boolean;
  /** False where the file says what came with a workspace from elsewhere, and nobody has trusted that yet. */
  isFileTrusted: boolean;
  /** What streams are called here that it calls otherwise: by its own names. They got other names when its workspace was imported. */
  streams: Record<string, string>;
  guarantee: Guarantee;
  /** Whether some of its outputs or inputs lie on other brokers than its state: those outputs come a moment after the commit. */
  crossesBrokers: boolean;
  /** How often its process was started again since it was deployed. */
  restarts: number;
  tasks: ProcessorTask[];
  /** Since it began, or began anew. `out` by output. */
  in: number;
  bad: number;
  out: Record<string, number>;
  inPerSecond: number;
  outPerSecond: number;
  /** From an event's append to the commit of what came of it, over the last commits; null before the first. */
  latencyMs: { p50: number; p99: number } | null;
  memoryBytes: number | null;
}

export interface EmittedEvent {
  output: string;
  /** Of the task: that of the event which it came of. */
  shard: number;
  key: string | null;
  text: string | null;
  /** Milliseconds since 1970; null for none. */
  timestamp: number | null;
  /** When it was emitted. */
  at: number;
  /** The event it came of; null for a window or a punctuation. */
  of: { stream: string; offset: string } | null;
}

export interface ProcessorFailure {
  at: number;
  shard: number;
  /** The bad event; null where a window or a punctuation has failed, which `step` names. */
  event: { stream: string; offset: string; key: string | null; text: string | null } | null;
  step: string | null;
  reasons: string[];
  /** In the file, from 1. */
  place: { line: number; column: number } | null;
}

/** What a processor has done last, newest last; each list with its limit. */
export interface ProcessorActivity {
  emitted: EmittedEvent[];
  failures: ProcessorFailure[];
  lines: { at: number; text: string }[];
}

export interface StatePage {
  entries: { shard: number; key: string; json: string }[];
  /** Entries of the store in all its shards. */
  size: number;
}

const testRecord = v.strictObject({
  stream: v.string(),
  shard: v.pipe(v.number(), v.integer(), v.minValue(0)),
  timestamp: v.nullable(timestamp),
  key: v.nullable(bytes),
  value: v.nullable(bytes),
  headers: v.array(v.strictTuple([v.string(), v.nullable(bytes)])),
});
export type TestRecord = v.InferOutput<typeof testRecord>;

/** What an emitted event of a test is. */
export interface TestEmission {
  output: string;
  shard: number;
  timestamp: bigint | null;
  key: Uint8Array | null;
  value: Uint8Array | null;
  headers: [string, Uint8Array | null][];
}

export interface TestPart {
  emissions: TestEmission[];
  failures: { step: string; message: string; place: { line: number; column: number } | null }[];
  lines: string[];
}

/** Events and what they gave, kept beside the source. Both are records as JSON, a line each. */
export const testCase = v.strictObject({
  name: v.pipe(v.string(), v.minLength(1, 'A case needs a name.'), v.maxLength(200)),
  input: v.pipe(v.string(), v.maxLength(1024 * 1024)),
  expected: v.pipe(v.string(), v.maxLength(4 * 1024 * 1024)),
  /** So much time passes after the last event, milliseconds. */
  runOnMs: v.pipe(v.number(), v.minValue(0)),
});
export type TestCase = v.InferOutput<typeof testCase>;
export const testCases = v.pipe(v.array(testCase), v.maxLength(CASES_MAX));

export interface SampleProcessor {
  name: string;
  title: string;
  source: string;
}

const named = v.strictObject({ name });
const unknownName = ['no-such-processor'] as const;

export const processors = {
  /** All of them, drafts too, again at each change; newest wins. */
  watch: stream(nothing, type<ProcessorSummary[]>()),
  list: call(nothing, type<ProcessorSummary[]>()),
  /** What one does, again at each change; newest wins. */
  follow: stream(named, type<ProcessorActivity>(), { errors: unknownName }),
  /** The text of its file, or of one of its versions. */
  source: call(v.strictObject({ name, version: v.nullable(v.number()) }), type<{ text: string }>(), { errors: unknownName }),
  versions: call(named, type<ProcessorVersion[]>(), { errors: unknownName }),
  /** Writes the file; one that is not there is made. Nothing runs because of it. */
  save: call(v.strictObject({ name, source }), type<void>(), { errors: ['too-many', 'workspace-unwritable'] }),
  /** Loads a source in a process of its own, to see what it says of itself. `bad-input`, with the place, where it can not be loaded. */
  check: call(v.strictObject({ name, source }), type<ProcessorShape>(), { errors: ['processor-ended', 'untrusted'] }),
  /**
   * Makes a version of the source (of the file, where none is given; else it is written there first), makes the streams of its outputs that are
   * not there, and runs it from now on. It goes on where the version before stood, with its state; `anew`: with none, from `start`.
   */
  deploy: call(
    v.strictObject({
      name,
      source: v.nullable(source),
      guarantee: v.nullable(v.picklist(GUARANTEES)),
      start: v.nullable(start),
      anew: v.boolean(),
    }),
    type<ProcessorSummary>(),
    { errors: [...unknownName, 'no-such-stream', 'processor-ended', 'untrusted', 'broker-down', 'too-many'], deadlineMs: 60_000 },
  ),
  /** It commits what it has, and stands still. */
  pause: call(named, type<void>(), { errors: unknownName }),
  /** Ends its process at once, in the middle of whatever it does (kill -9). It is started again, as after a crash. Nothing where none runs. */
  kill: call(named, type<void>(), { errors: unknownName }),
  /** It goes on where it stands; also one that has failed. */
  resume: call(named, type<void>(), { errors: [...unknownName, 'untrusted'] }),
  /** Ends it, and deletes its state, its positions and its versions. Its file goes to the folder `processors/removed`; what it wrote stays. */
  remove: call(named, type<void>(), { errors: unknownName }),
  /**
   * The user has seen this text of it, which came from elsewhere, and trusts it. One whose current version says so runs from now on, unless it
   * was paused. `bad-input` where the text is none that waits for that; or, with the place, where it can not be loaded: then it is not trusted.
   */
  trust: call(v.strictObject({ name, source }), type<ProcessorSummary>(), {
    errors: [...unknownName, 'processor-ended'],
    deadlineMs: 60_000,
  }),
  /** A page of a store, by key. `from`: the first key; `contains`: a text in key or value; `shard` null: all. */
  state: call(
    v.strictObject({
      name,
      store: v.string(),
      shard: v.nullable(v.number()),
      from: v.string(),
      contains: v.string(),
      most: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(STATE_ENTRIES_MAX)),
    }),
    type<StatePage>(),
    { errors: [...unknownName, 'broker-down', 'processor-ended', 'untrusted'], deadlineMs: 60_000 },
  ),
  /** Runs a source over events in simulated time, apart from all streams, and lets `runOnMs` pass after the last. */
  test: stream(
    v.strictObject({
      name,
      source,
      records: v.pipe(v.array(testRecord), v.maxLength(TEST_EVENTS_MAX)),
      runOnMs: v.pipe(v.number(), v.minValue(0)),
      seed: v.pipe(v.number(), v.integer()),
    }),
    type<TestPart>(),
    { errors: ['processor-ended', 'untrusted'] },
  ),
  cases: call(named, type<TestCase[]>(), { errors: unknownName }),
  keepCases: call(v.strictObject({ name, cases: testCases }), type<void>(), {
    errors: unknownName,
  }),
  /** To begin with. */
  samples: call(nothing, type<SampleProcessor[]>()),
};
