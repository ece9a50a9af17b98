/** Arguments of the command, read from their text. What can not be read is said to whoever typed it, and the command ends with wrong usage. */
import { InvalidArgumentError } from 'commander';
import { parseDuration } from '../api/duration.ts';
import type { RangeUntil } from '../api/events.ts';
import type { ProcessorStart } from '../api/processors.ts';
import { type ReplayFrom, type ReplayUntil, SPEED_MAX, SPEED_MIN, WAIT_MS_MAX_CEILING } from '../api/replays.ts';
import { SHARDS_MAX } from '../api/values.ts';
import { parseFrom, parseUntil } from './range.ts';

export function shards(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1 && number <= SHARDS_MAX) return number;
  throw new InvalidArgumentError(`A stream has 1 to ${SHARDS_MAX} shards.`);
}

export function shardNumber(text: string, before: number[] = []): number[] {
  if (!/^\d{1,3}$/.test(text)) throw new InvalidArgumentError('A shard is a whole number from 0.');
  return [...before, Number(text)];
}

export function rename(text: string, before: Record<string, string> = {}): Record<string, string> {
  const [, from, to] = /^([^=]+)=([^=]+)$/.exec(text) ?? [];
  if (from === undefined || to === undefined) throw new InvalidArgumentError('Expected OLD=NEW.');
  return { ...before, [from]: to };
}

export function or<T>(parse: (text: string) => T | null, expected: string): (text: string) => T {
  return (text) => {
    const parsed = parse(text);
    if (parsed === null) throw new InvalidArgumentError(`Expected ${expected}.`);
    return parsed;
  };
}

export function parseSeed(text: string): number | null {
  const seed = Number(text);
  return /^\d+$/.test(text) && seed < 2 ** 32 ? seed : null;
}

/** A file ends: it can not follow a stream. */
export function parseExportUntil(text: string): RangeUntil | null {
  const until = parseUntil(text);
  return until?.at === 'live' ? null : until;
}

/** A processor reads several shards: an offset means nothing to it. */
export function parseStart(text: string): ProcessorStart | null {
  const from = parseFrom(text);
  return from?.at === 'offset' ? null : from;
}

/** A past range: it has a beginning. */
export function parseReplayFrom(text: string): ReplayFrom | null {
  const from = parseFrom(text);
  return from?.at === 'latest' ? null : from;
}

/** A past range: it has an end already. */
export function parseReplayUntil(text: string): ReplayUntil | null {
  const until = parseUntil(text);
  return until?.at === 'live' || until?.at === 'count' ? null : until;
}

/** The library of options takes null for an option without a value. */
export const UNLIMITED = Infinity;

export function nullIfUnlimited(value: number): number | null {
  return value === UNLIMITED ? null : value;
}

export function parseSpeed(text: string): number {
  if (text === 'max') return UNLIMITED;
  const speed = text === 'original' ? 1 : Number(text);
  if (speed >= SPEED_MIN && speed <= SPEED_MAX) return speed;
  throw new InvalidArgumentError(`Expected original, max or a number from ${SPEED_MIN} to ${SPEED_MAX}.`);
}

export function parseWait(text: string): number {
  if (text === 'any') return UNLIMITED;
  const ms = parseDuration(text);
  if (ms !== null && ms <= WAIT_MS_MAX_CEILING) return ms;
  throw new InvalidArgumentError('Expected a duration of at most 24h (90s, 30m, 1h), or any.');
}
