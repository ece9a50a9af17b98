/** loglab replay, and loglab replays list | resume | pause | cancel: past ranges, read again into other streams. */
import { LabError, toLabError } from '../api/errors.ts';
import { bytesToJson } from '../api/recordJson.ts';
import { hasEnded, type Replay, type ReplayWish } from '../api/replays.ts';
import { formatIsoTime } from '../api/time.ts';
import type { Connection } from './connect.ts';
import { type Output, tableLines, toJson } from './output.ts';
import { nameOf } from './processorFile.ts';
import { readSource } from './readableFile.ts';

export interface ReplayArguments extends Omit<ReplayWish, 'stream' | 'through'> {
  /** File of a processor. */
  through: string | null;
  intoExisting: boolean;
  json: boolean;
}

/** Fails with what the replay failed with, with `cancelled` where `signal` aborts (it is paused then), and where events were missed. */
export async function replay(
  connection: Connection,
  output: Output,
  stream: string,
  { through: file, json, ...wish }: ReplayArguments,
  signal: AbortSignal,
): Promise<void> {
  const through = file === null ? null : { name: nameOf(file), source: await readSource(file) };
  const { id, notes } = await connection.client.replays.start({ ...wish, stream, through }).catch((error: unknown) => {
    const { code, message } = toLabError(error);
    throw code === 'stream-exists' ? new LabError(code, `${message} To do so, give --append.`, { cause: error }) : error;
  });
  for (const note of notes) output.say(note);
  await follow(connection, output, id, json, signal);
}

export async function resumeReplay(
  connection: Connection,
  output: Output,
  given: string,
  { json }: { json: boolean },
  signal: AbortSignal,
): Promise<void> {
  const { id } = await find(connection, given);
  await connection.client.replays.resume({ id });
  await follow(connection, output, id, json, signal);
}

export async function endReplay(
  connection: Connection,
  output: Output,
  given: string,
  what: 'pause' | 'cancel',
  { json }: { json: boolean },
): Promise<void> {
  const { id } = await find(connection, given);
  await connection.client.replays[what]({ id });
  const now = await find(connection, id);
  const said = what === 'pause' ? `It stands still. ${howToGoOn(id)}` : 'It is cancelled; what it has sent stays.';
  await output.print(json ? lineOf(now) : `${sentenceOf(now)} ${said}`);
}

export async function listReplays({ client }: Connection, output: Output, { json }: { json: boolean }): Promise<void> {
  const replays = await client.replays.list({});
  if (json) {
    for (const each of replays) await output.print(lineOf(each));
    return;
  }
  if (replays.length === 0) return output.say('There is no replay. Begin one: loglab replay STREAM --into STREAM');
  const rows = [
    ['REPLAY', 'STATE', 'FROM', 'INTO', 'THROUGH', 'READ', 'OF', 'SENT', 'MISSED'],
    ...replays.map(({ id, state, stream, into, through, read, total, sent, missedRanges }) => [
      ...[id.slice(0, SHORT), state, stream, into, through?.name ?? '-'],
      ...[read, total, sent, missedRanges].map(String),
    ]),
  ];
  for (const line of tableLines(rows, [5, 6, 7, 8])) await output.print(line);
  for (const { id, message, next } of replays) {
    const said = message ?? (next && `${nextWords(next)}.`);
    if (said !== null) output.say(`${id.slice(0, SHORT)}: ${said}`);
  }
}

/** Characters of an id that are shown, and enough to name it. */
const SHORT = 8;

async function find({ client }: Connection, given: string): Promise<Replay> {
  const found = (await client.replays.list({})).filter(({ id }) => id.startsWith(given));
  if (found.length === 1) return found[0]!;
  const why = found.length === 0 ? `There is no replay “${given}”.` : `There are ${found.length} replays whose ids begin with “${given}”.`;
  throw new LabError('no-such-replay', `${why} loglab replays list shows those that there are.`);
}

/** Tells its progress until it has ended; pauses it when the signal aborts. */
async function follow(connection: Connection, output: Output, id: string, json: boolean, signal: AbortSignal): Promise<void> {
  const { client } = connection;
  let last: Replay | undefined;
  try {
    for await (const replays of client.replays.watch({}, { signal })) {
      const now = replays.find((each) => each.id === id);
      if (!now) throw new LabError('no-such-replay', 'The replay is not listed any more.');
      last = now;
      if (hasEnded(now) || now.state === 'paused') break;
      output.progress(progressOf(now));
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  if (signal.aborted && !(last && hasEnded(last))) {
    await client.replays.pause({ id });
    last = await find(connection, id);
    if (last.state === 'paused') throw new LabError('cancelled', `${sentenceOf(last)} It is paused. ${howToGoOn(id)}`);
  }
  await tell(output, last!, json);
}

async function tell(output: Output, replay: Replay, json: boolean): Promise<void> {
  const { state, id, message, missed, missedRanges } = replay;
  if (json) await output.print(lineOf(replay));
  if (state === 'failed') throw new LabError('job-over', `${sentenceOf(replay)} It has failed: ${message} ${howToGoOn(id)}`);
  if (state === 'paused') throw new LabError('cancelled', `${sentenceOf(replay)} It was paused. ${howToGoOn(id)}`);
  if (state === 'cancelled') throw new LabError('cancelled', `${sentenceOf(replay)} It was cancelled.`);
  for (const { shard, from, until, why } of missed) output.say(`shard ${shard}, offsets ${from} to ${until - 1n}: missed. ${why}`);
  if (missedRanges > 0)
    throw new LabError(
      'offset-out-of-range',
      `${sentenceOf(replay)} Events were missed, in ${missedRanges} range${missedRanges === 1 ? '' : 's'}.`,
    );
  if (!json) await output.print(sentenceOf(replay));
}

function sentenceOf({ sent, stream, into, through, bad, shortened }: Replay): string {
  const count = `${sent.toLocaleString('en')} event${sent === 1 ? '' : 's'}`;
  const waits = shortened.waits === 0 ? '' : ` ${shortened.waits} ${shortened.waits === 1 ? 'wait was' : 'waits were'} shortened.`;
  if (!through) return `${count} of ${stream} replayed into ${into}.${waits}`;
  const made = `${count} of ${through.name} are in ${into}, made of ${stream}; ${bad.toLocaleString('en')} bad.${waits}`;
  return sent === 0 && bad > 0 ? `${made} Nothing came of any event: the reasons are in the stream bad.` : made;
}

const nextWords = ({ dueAt, timestamp }: NonNullable<Replay['next']>): string =>
  `the next one, of ${formatIsoTime(BigInt(timestamp))}, is due at ${formatIsoTime(BigInt(dueAt))}`;

function progressOf({ read, total, state, message, sent, next }: Replay): string {
  const share = Math.floor((read / Math.max(1, total)) * 100);
  return state === 'waiting'
    ? `waits: ${message ?? ''}`
    : `${share} %, ${sent.toLocaleString('en')} events sent${next ? `, ${nextWords(next)}` : ''}`;
}

/** Keys as records have them: text, or else base 64. */
function lineOf({ keys, ...replay }: Replay): string {
  const named = keys === null ? {} : keys.are === 'these' ? { keys: keys.keys.map(bytesToJson) } : { keyPrefix: bytesToJson(keys.prefix) };
  return toJson({ ...replay, ...named });
}

const howToGoOn = (id: string): string => `To go on: loglab replays resume ${id.slice(0, SHORT)}`;
