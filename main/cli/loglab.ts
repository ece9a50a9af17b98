#!/usr/bin/env node
/**
 * The loglab command: `loglab <noun> <verb>`. Exit codes: 0; 1 for a failure, with one line on stderr; 2 for wrong usage. Of compare, as of diff: 0
 * for the same, 1 for what differs, 2 for wrong usage and for failures.
 */
import { Command, CommanderError, Option } from 'commander';
import { parseDuration } from '../api/duration.ts';
import { toLabError } from '../api/errors.ts';
import type { RangeFrom, RangeUntil } from '../api/events.ts';
import { EXPORT_FORMATS, type ExportFormat } from '../api/exports.ts';
import type { ImportFormat } from '../api/imports.ts';
import { GUARANTEES, type Guarantee, type ProcessorStart } from '../api/processors.ts';
import { FIELDS_FROM_EVENTS_MAX } from '../api/recordCsv.ts';
import { type ReplayFrom, type ReplayUntil, WAIT_MS_MAX_DEFAULT } from '../api/replays.ts';
import { geoFileOf } from '../processors/geoFile.ts';
import { layoutFrom, userPath } from '../web/layout.ts';
import { createNodeSpawner } from '../processes/nodeSpawner.ts';
import { defaultWorkspace } from '../workspace/defaultFolder.ts';
import {
  nullIfUnlimited,
  or,
  parseExportUntil,
  parseReplayFrom,
  parseReplayUntil,
  parseSeed,
  parseSpeed,
  parseStart,
  parseWait,
  rename,
  shardNumber,
  shards,
  UNLIMITED,
} from './arguments.ts';
import { compareFiles } from './compare.ts';
import { openCompared, readCompared } from './compareInput.ts';
import { connect, type Connection, type Target } from './connect.ts';
import { consume } from './consume.ts';
import { exportFile } from './export.ts';
import { importFile } from './import.ts';
import { fromFile, fromStdin } from './importSource.ts';
import { createOutput } from './output.ts';
import { produce } from './produce.ts';
import {
  deployProcessor,
  listProcessors,
  pauseProcessor,
  printSource,
  removeProcessor,
  resumeProcessor,
  trustProcessor,
} from './processors.ts';
import { parseFrom, parseUntil } from './range.ts';
import { endReplay, listReplays, replay, resumeReplay } from './replay.ts';
import { createStream, deleteStream, listStreams } from './streams.ts';
import { testProcessor } from './testProcessor.ts';
import { verifyLog } from './verify.ts';
import { exportWorkspace, importWorkspace } from './workspace.ts';

const USAGE = 2;
const FAILURE = 1;
const DIFFERS = 1;
/** Of the command that runs. */
let failure = FAILURE;
/** A command that makes a workspace where there is none. */
const MAKES = true;
const output = createOutput();

interface ExportArguments {
  format: ExportFormat;
  from: RangeFrom;
  until: RangeUntil;
  shard?: number[];
  force: boolean;
}

interface ReplayOptions {
  into: string;
  from: ReplayFrom;
  until: ReplayUntil;
  key?: string[];
  keyPrefix?: string;
  shard?: number[];
  shards?: number;
  /** UNLIMITED: as fast as it goes. */
  speed: number;
  longestWait: number;
  timestamps: 'original' | 'new';
  headers: boolean;
  through?: string;
  append: boolean;
}

interface DeployOptions {
  name?: string;
  guarantee?: Guarantee;
  from?: ProcessorStart;
  anew: boolean;
}

/** Options that every command has. */
interface Common extends Target {
  json: boolean;
}

function command(parent: Command, signature: string, description: string): Command {
  return parent
    .command(signature)
    .description(description)
    .addOption(new Option('--url <url>', 'talk to a running lab, at the url it printed').conflicts(['workspace', 'lab']))
    .addOption(new Option('--workspace <folder>', 'open this workspace, which no lab has open').conflicts('lab'))
    .option(
      '--lab <folder>',
      'talk to the served lab that has this workspace open, or open it where none has (the default: the one that npm start opens)',
    )
    .option('--json', 'print one JSON object a line', false);
}

/** Defaults and choices in plain words; Commander's own way prints them as JSON. */
function describe({ description, argChoices, defaultValue, defaultValueDescription }: Option): string {
  const notes: string[] = [];
  if (argChoices) notes.push(`one of: ${argChoices.join(', ')}`);
  const plain = typeof defaultValue === 'string' || typeof defaultValue === 'number' ? String(defaultValue) : undefined;
  const initial = defaultValueDescription ?? plain;
  if (initial !== undefined) notes.push(`default: ${initial}`);
  return notes.length === 0 ? description : `${description} (${notes.join('; ')})`;
}

async function withLab(target: Target, work: (connection: Connection) => Promise<void>, makes = false): Promise<void> {
  const connection = await connect(target, { makes, say: output.note });
  try {
    await work(connection);
  } finally {
    await connection.close();
  }
}

function fromOption(): Option {
  return new Option('--from <where>', 'beginning, latest, offset:N or an ISO 8601 time')
    .argParser(or(parseFrom, 'beginning, latest, offset:N or an ISO 8601 time'))
    .default({ at: 'beginning' } satisfies RangeFrom, 'beginning');
}

/** Aborts when the command is asked to end. */
function stopSignal(): AbortSignal {
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  process.once('SIGTERM', () => stop.abort());
  return stop.signal;
}

const program = new Command('loglab')
  .description('The command of Unified Log Lab: streams of events, from the shell.')
  .version(layoutFrom(import.meta.dirname).version, '-V, --version', 'print the version')
  .exitOverride()
  .configureHelp({ optionDescription: describe })
  .configureOutput({ writeErr: (text) => process.stderr.write(text) });

const streams = program.command('streams').description('list, create and delete streams');
command(streams, 'list', 'list the streams').action((options: Common) => withLab(options, (lab) => listStreams(lab, output, options)));
command(streams, 'create <name>', 'create a stream')
  .option('--shards <n>', 'number of shards', shards, 3)
  .action((name: string, options: Common & { shards: number }) =>
    withLab(options, (lab) => createStream(lab, output, name, options), MAKES),
  );
command(streams, 'delete <name>', 'delete a stream with its events').action((name: string, options: Common) =>
  withLab(options, (lab) => deleteStream(lab, output, name, options)),
);

command(program, 'produce <stream>', 'append the lines of stdin as events')
  .option('--key <key>', 'the key of every event')
  .addOption(new Option('--format <format>', 'what a line is: a value, or a record as JSON').choices(['lines', 'records']).default('lines'))
  .action((stream: string, options: Common & { key?: string; format: 'lines' | 'records' }) =>
    withLab(options, (lab) => produce(lab, output, stream, options, process.stdin as AsyncIterable<Buffer>)),
  );

command(program, 'consume <stream>', 'print the events of a stream')
  .addOption(fromOption())
  .addOption(
    new Option('--until <where>', 'live, now, offset:N, count:N or an ISO 8601 time; an offset or a time itself is not printed any more')
      .argParser(or(parseUntil, 'live, now, offset:N, count:N or an ISO 8601 time'))
      .default({ at: 'live' } satisfies RangeUntil, 'live'),
  )
  .option('--shard <n>', 'only this shard; can be given again', shardNumber)
  .action((stream: string, options: Common & { from: RangeFrom; until: RangeUntil; shard?: number[] }) => {
    const signal = stopSignal();
    return withLab(options, (lab) =>
      consume(lab, output, stream, { ...options, ...(options.shard ? { shards: options.shard } : {}) }, signal),
    );
  });

command(program, 'export <stream> <file>', 'write the events of a stream to a file; - is stdout')
  .addHelpText(
    'after',
    `
CSV has the columns shard, offset, timestamp, key, then the fields of the values as the first ${FIELDS_FROM_EVENTS_MAX} events have them, and last
value: the whole value where the fields do not tell it. Headers are left out.`,
  )
  .addOption(
    new Option('--format <format>', 'one record as JSON a line (import takes them back, nothing is lost), or a row of fields an event')
      .choices(EXPORT_FORMATS)
      .default('records'),
  )
  .addOption(fromOption())
  .addOption(
    new Option(
      '--until <where>',
      'now, offset:N, count:N (waits for as many) or an ISO 8601 time; an offset or a time itself is not exported any more',
    )
      .argParser(or(parseExportUntil, 'now, offset:N, count:N or an ISO 8601 time; what is to come is followed by consume'))
      .default({ at: 'now' } satisfies RangeUntil, 'now'),
  )
  .option('--shard <n>', 'only this shard; can be given again', shardNumber)
  .option('--force', 'replace a file that is there', false)
  .action((stream: string, file: string, options: Common & ExportArguments) => {
    const { shard, ...rest } = options;
    const signal = stopSignal();
    return withLab(options, (lab) =>
      exportFile(lab, output, stream, file === '-' ? null : userPath(file), { ...rest, ...(shard ? { shards: shard } : {}) }, signal),
    );
  });

command(program, 'import <stream> <file>', 'import a file, - is stdin; lines that can not become events are listed')
  .addHelpText(
    'after',
    `
Of CSV the first row names the columns, and each other row becomes a JSON object of its cells. A cell is text, and a number only where it stands
without quotation marks exactly as JSON writes that number: 12 and -0.5, not 007 or 1.50.`,
  )
  .addOption(new Option('--format <format>', 'what the lines are').choices(['ndjson', 'records', 'csv', 'lines']).default('ndjson'))
  .option('--key-field <path>', 'field that becomes the key (shopper.id), of CSV a column')
  .option('--time-field <path>', 'field that becomes the timestamp, of CSV a column')
  .option('--shards <n>', 'shards of the stream, where it is made; an error where it has another number', shards)
  .option('--go-on', 'go on with the import of this file that was broken off, by its own rules; nothing goes in twice', false)
  .action(
    (
      stream: string,
      file: string,
      options: Common & { format: ImportFormat; keyField?: string; timeField?: string; shards?: number; goOn: boolean },
    ) => {
      const rules = { format: options.format, keyField: options.keyField ?? null, timeField: options.timeField ?? null };
      const source = file === '-' ? fromStdin(process.stdin) : fromFile(userPath(file));
      return withLab(
        options,
        (lab) => importFile(lab, output, stream, source, { rules, shards: options.shards ?? null, goOn: options.goOn, json: options.json }),
        MAKES,
      );
    },
  );

command(program, 'replay <stream>', 'read a past range again, into another stream')
  .addHelpText(
    'after',
    `
A replay is fixed when it begins, and goes on while the lab is open, also after a crash: each event is there once. In each shard events keep their
order; between shards, always the one with the least timestamp among the next ones comes first. Ctrl-C pauses it.`,
  )
  .requiredOption('--into <stream>', 'the stream that is written; made where it is not there')
  .addOption(
    new Option('--from <where>', 'beginning, offset:N or an ISO 8601 time')
      .argParser(or(parseReplayFrom, 'beginning, offset:N or an ISO 8601 time'))
      .default({ at: 'beginning' } satisfies ReplayFrom, 'beginning'),
  )
  .addOption(
    new Option('--until <where>', 'now, offset:N or an ISO 8601 time; an offset or a time itself is not replayed any more')
      .argParser(or(parseReplayUntil, 'now, offset:N or an ISO 8601 time'))
      .default({ at: 'now' } satisfies ReplayUntil, 'now'),
  )
  .option('--key <key>', 'only events with this key; can be given again', (key: string, before: string[] = []) => [...before, key])
  .addOption(new Option('--key-prefix <text>', 'only events whose key begins so').conflicts('key'))
  .option('--shard <n>', 'only this shard; can be given again', shardNumber)
  .addOption(
    new Option('--speed <speed>', 'original, times as fast (10), or max')
      .argParser(parseSpeed)
      .default(UNLIMITED, 'max: as fast as it goes'),
  )
  .addOption(
    new Option('--longest-wait <duration>', 'where no event comes for longer, the wait is shortened to so much; any: never')
      .argParser(parseWait)
      .default(WAIT_MS_MAX_DEFAULT, '60s'),
  )
  .addOption(
    new Option('--timestamps <which>', 'those of the events, or when they are sent').choices(['original', 'new']).default('original'),
  )
  .option('--no-headers', 'leave headers out')
  .option('--through <file>', 'send them through this processor: what it emits is written, bad events go to bad')
  .option('--shards <n>', 'shards of the stream, where it is made (default: as many as the other has)', shards)
  .option('--append', 'write behind the events of a stream that is there', false)
  .action((stream: string, options: Common & ReplayOptions) => {
    const { into, from, until, key, keyPrefix, shard, speed, longestWait, timestamps, headers, through, append, json } = options;
    const keys =
      key !== undefined
        ? ({ are: 'these', keys: key.map((each) => Buffer.from(each)) } as const)
        : keyPrefix !== undefined
          ? ({ are: 'beginning-with', prefix: Buffer.from(keyPrefix) } as const)
          : null;
    const wish = {
      ...{ from, until, keys, speed: nullIfUnlimited(speed), waitMsMax: nullIfUnlimited(longestWait) },
      ...{ timestamps, keepsHeaders: headers, intoExisting: append, json },
      ...{ into: { stream: into, shards: options.shards ?? null }, through: through === undefined ? null : userPath(through) },
      ...(shard ? { shards: shard } : {}),
    };
    const signal = stopSignal();
    return withLab(options, (lab) => replay(lab, output, stream, wish, signal));
  });

const replays = program.command('replays').description('replays that run, stand still or have ended; they run while the lab is open');
command(replays, 'list', 'list the replays, and how far they are').action((options: Common) =>
  withLab(options, (lab) => listReplays(lab, output, options)),
);
command(replays, 'resume <id>', 'go on with one that stands still or has failed, and follow it').action((id: string, options: Common) => {
  const signal = stopSignal();
  return withLab(options, (lab) => resumeReplay(lab, output, id, options, signal));
});
command(replays, 'pause <id>', 'let one stand still').action((id: string, options: Common) =>
  withLab(options, (lab) => endReplay(lab, output, id, 'pause', options)),
);
command(replays, 'cancel <id>', 'end one where it stands; what it has sent stays').action((id: string, options: Common) =>
  withLab(options, (lab) => endReplay(lab, output, id, 'cancel', options)),
);

command(program, 'compare <file1> <file2>', 'run two processors over the same input, and print each output that is not the same')
  .addHelpText(
    'after',
    `
Of both, the n-th event with an output and a key are set against each other: a line each where value or headers differ, where the second file has
none (missing) or one more (extra), then a summary. Nothing reaches a stream. The input is a file where there is one of that name or it can not name
a stream; of it one record as JSON a line is read, as by processors test, and no workspace. Else, and always with --url, --workspace or --lab, it is a
stream. A processor with one input reads it, whatever it calls it. Exit code: 0 where all is the same, 1 where something differs, 2 where it could
not be compared.`,
  )
  .requiredOption('--input <input>', 'a stream, or a file of records; - is stdin')
  .option('--seed <n>', 'another number gives both another chance', or(parseSeed, 'a whole number from 0 to 4294967295'), 0)
  .action(async (file1: string, file2: string, options: Common & { input: string; seed: number }) => {
    failure = USAGE;
    const signal = stopSignal();
    const files = await Promise.all([file1, file2].map((file) => readCompared(userPath(file))));
    const compared = await openCompared(options, options.input, files, output);
    try {
      if (!(await compareFiles(compared, output, files, options, signal))) process.exitCode = DIFFERS;
    } finally {
      await compared.connection.close();
    }
  });

command(program, 'verify [stream]', 'check every batch of the log, or of one stream').action(
  (stream: string | undefined, options: Common) => withLab(options, (lab) => verifyLog(lab, output, stream, options)),
);

const processors = program.command('processors').description('programs over streams; they run while the lab is open');
command(
  processors,
  'deploy <file>',
  'make a version of a processor of what the file says, and run it: where the version before stood, with its state',
)
  .option('--name <name>', 'call it so, and not after its file')
  .addOption(new Option('--guarantee <guarantee>', 'what holds when something is killed').choices(GUARANTEES))
  .addOption(
    new Option('--from <where>', 'begin there: beginning, latest or an ISO 8601 time (default: beginning)').argParser(
      or(parseStart, 'beginning, latest or an ISO 8601 time'),
    ),
  )
  .option('--anew', 'forget its state and where it stood, and begin again', false)
  .action((file: string, options: Common & DeployOptions) => {
    const { name = null, guarantee = null, from = null, anew, json } = options;
    return withLab(options, (lab) => deployProcessor(lab, output, userPath(file), { name, guarantee, start: from, anew, json }), MAKES);
  });
command(processors, 'list', 'list the processors, and how far they are').action((options: Common) =>
  withLab(options, (lab) => listProcessors(lab, output, options)),
);
command(processors, 'source <name>', 'print the source of the version that runs, or would').action((name: string, options: Common) =>
  withLab(options, (lab) => printSource(lab, output, name, options)),
);
command(
  processors,
  'trust <name>',
  'you have looked at the source of one that came with a workspace from elsewhere, and trust it: it goes on where it stood',
).action((name: string, options: Common) => withLab(options, (lab) => trustProcessor(lab, output, name, options)));
command(processors, 'pause <name>', 'let it commit what it has, and stand still').action((name: string, options: Common) =>
  withLab(options, (lab) => pauseProcessor(lab, output, name, options)),
);
command(processors, 'resume <name>', 'let it go on where it stands').action((name: string, options: Common) =>
  withLab(options, (lab) => resumeProcessor(lab, output, name, options)),
);
command(processors, 'remove <name>', 'end it, and delete its state and positions; what it wrote stays').action(
  (name: string, options: Common) => withLab(options, (lab) => removeProcessor(lab, output, name, options)),
);
processors
  .command('test <file>')
  .description('run a processor over the records of a file, in simulated time and without a workspace, and print what it emits')
  .addHelpText(
    'after',
    `
The clock stands at the latest timestamp so far, so windows run where they would have. Each event that is emitted is printed with the name of its
output as its stream; bad ones go to bad, with their reasons as headers. A record without a shard is in shard 0. What a processor is, is told in
resources/processors/loglab.d.ts.`,
  )
  .requiredOption('--input <file>', 'one record as JSON a line; - is stdin. With one input all are its, with several each says its stream')
  .option(
    '--run-on <duration>',
    'let so much time pass after the last event: 90s, 30m, 1h',
    or(parseDuration, 'a duration: 90s, 30m, 1h'),
    0,
  )
  .option('--geo <file>', 'the geo database, a MaxMind DB (default: one of the addresses that are kept for documentation)')
  .option('--seed <n>', 'another number gives other chance', or(parseSeed, 'a whole number from 0 to 4294967295'), 0)
  .option('--json', 'print one record as JSON a line', false)
  .action(
    async (
      file: string,
      { input, runOn, geo, ...options }: { input: string; runOn: number; geo?: string; seed: number; json: boolean },
    ) => {
      const source = input === '-' ? fromStdin(process.stdin) : fromFile(userPath(input));
      await source.size();
      const { builtFolder, resourcesFolder } = layoutFrom(import.meta.dirname);
      const geoFile = geo === undefined ? geoFileOf(null, resourcesFolder) : userPath(geo);
      await testProcessor(createNodeSpawner(builtFolder), output, userPath(file), source.pieces(0), {
        ...options,
        geoFile,
        runOnMs: runOn,
      });
    },
  );

const workspace = program.command('workspace').description('export a workspace to one file, and import it');
command(workspace, 'export <file>', 'write all streams and processors, as they are now, to one file')
  .option('--force', 'replace a file that is there', false)
  .action((file: string, options: Common & { force: boolean }) => {
    const signal = stopSignal();
    return withLab(options, (lab) => exportWorkspace(lab, output, userPath(file), options, signal));
  });
command(workspace, 'import <file>', 'make the streams and processors of such a file, in a workspace that is made where there is none')
  .option('--rename <old=new>', 'another name for a stream of the file; can be given again', rename, {})
  .option('--rename-processor <old=new>', 'the same for a processor', rename, {})
  .action((file: string, options: Common & { rename: Record<string, string>; renameProcessor: Record<string, string> }) => {
    const named = options.workspace ?? options.lab;
    const folder = named === undefined ? defaultWorkspace() : userPath(named);
    return importWorkspace(output, userPath(file), folder, options, stopSignal());
  });

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : USAGE;
  } else {
    output.say(toLabError(error).message.replaceAll('\n', ' '));
    process.exitCode = failure;
  }
}
// A socket that is still closing must not keep the shell waiting.
process.stdout.write('', () => process.exit());
