/** The states of a replay in a word, and what it does in a few. */
import { type Replay, type ReplayState } from '../../../../main/api/replays.ts';
import { type Clock, formatCount, formatCountOf, formatDuration, formatTime } from '../../ui/format.ts';

export const stateWords: Record<ReplayState, { word: string; tone: 'good' | 'bad' | 'warn' | 'plain' | 'accent' }> = {
  running: { word: 'running', tone: 'good' },
  waiting: { word: 'waiting', tone: 'warn' },
  paused: { word: 'paused', tone: 'plain' },
  resting: { word: 'resting', tone: 'plain' },
  done: { word: 'done', tone: 'accent' },
  failed: { word: 'failed', tone: 'bad' },
  cancelled: { word: 'cancelled', tone: 'plain' },
};

export function speedWords(speed: number | null): string {
  if (speed === null) return 'as fast as it goes';
  return speed === 1 ? 'at its own pace' : `${speed.toLocaleString('en', { maximumFractionDigits: 3 })} times as fast`;
}

const DAY_MS = 86_400_000;
const decoder = new TextDecoder();

function boundWords(bound: Replay['from'] | Replay['until'], clock: Clock): string {
  if (bound.at === 'offset') return `offset ${formatCount(bound.offset)}`;
  if (bound.at === 'time') return formatTime(bound.time, clock);
  return bound.at === 'now' ? 'its end then' : 'the beginning';
}

/** What of the stream it replays. */
export function rangeWords({ from, until, shards, keys }: Replay, clock: Clock): string {
  const range =
    from.at === 'beginning' && until.at === 'now' ? 'all of it' : `from ${boundWords(from, clock)} until ${boundWords(until, clock)}`;
  const some = shards === null ? '' : `, ${shards.length === 1 ? 'shard' : 'shards'} ${shards.join(', ')}`;
  if (keys === null) return `${range}${some}`;
  const named = keys.are === 'these' ? keys.keys.slice(0, 3).map((key) => decoder.decode(key)) : [`${decoder.decode(keys.prefix)}…`];
  const more = keys.are === 'these' && keys.keys.length > 3 ? ` and ${formatCountOf(keys.keys.length - 3, 'other')}` : '';
  return `${range}${some}, keys ${named.join(', ')}${more}`;
}

/** That it waits until its next event is due, for how long yet, and how it need not. */
export function nextWords({ dueAt, timestamp }: NonNullable<Replay['next']>, now: number, clock: Clock): string {
  const seconds = (ms: number): number => Math.ceil(ms / 1_000) * 1_000;
  const told = (ms: number, form: 'full' | 'clock'): string => formatTime(ms, clock, form).replace(/\.000(?= |$)/, '');
  const left = Math.max(0, dueAt - now);
  const at = told(seconds(dueAt), left < DAY_MS ? 'clock' : 'full');
  return `Waits for the next event, of ${told(timestamp, 'full')}, which is due in ${formatDuration(seconds(left))}, at ${at}. Choose a faster pace to go on sooner.`;
}

export function shortenedWords({ waits, ms }: Replay['shortened']): string {
  return `${formatCountOf(waits, 'wait')} shortened, by ${formatDuration(ms)} in all`;
}
