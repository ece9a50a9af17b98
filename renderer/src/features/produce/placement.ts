/** Where the event in the form will land, and why, before it is sent. */
import { murmur2, shardForKey } from '../../../../main/api/murmur2.ts';
import { keylessSentence } from '../../ui/keyless.ts';

export type Landing =
  | { by: 'key'; shard: number; formula: string; more: string | null }
  | { by: 'sticky'; sentence: string }
  | { by: 'choice'; shard: number; sentence: string };

export interface LandingQuestion {
  key: string | null;
  /** The shard chosen by hand, or null where the key decides. */
  chosen: number | null;
  shards: number;
  /** Whether `{{n}}` in the key is counted up. */
  numbered: boolean;
}

/** Longest key that a formula shows in full, characters. */
const KEY_SHOWN_MAX = 32;

const utf8 = new TextEncoder();

export function landing({ key, chosen, shards, numbered }: LandingQuestion): Landing {
  if (chosen !== null) return choice(key, chosen, shards);
  if (key === null) return { by: 'sticky', sentence: keylessSentence(shards) };
  const counts = numbered && key.includes('{{n}}');
  const text = counts ? key.replaceAll('{{n}}', '1') : key;
  return {
    by: 'key',
    shard: shardForKey(utf8.encode(text), shards),
    formula: `murmur2(${quoted(text)}) % ${shards}`,
    more: counts && shards > 1 ? 'for the first event; each number lands where its own key says' : null,
  };
}

/** The steps of the formula, for whoever wants to follow it. */
export function workings(key: string, shards: number): string {
  const hash = murmur2(utf8.encode(key));
  const positive = hash & 0x7fffffff;
  return hash < 0
    ? `murmur2 gives ${hash}, without its sign bit ${positive}; ${positive} % ${shards} = ${positive % shards}`
    : `murmur2 gives ${hash}; ${hash} % ${shards} = ${hash % shards}`;
}

function choice(key: string | null, shard: number, shards: number): Landing {
  const keyShard = key === null ? shard : shardForKey(utf8.encode(key), shards);
  if (keyShard === shard)
    return { by: 'choice', shard, sentence: key === null ? 'Chosen by you.' : 'Chosen by you; the key would choose it too.' };
  return {
    by: 'choice',
    shard,
    sentence: `Chosen by you. The key would choose shard ${keyShard}, where its other events are.`,
  };
}

function quoted(text: string): string {
  return JSON.stringify(text.length > KEY_SHOWN_MAX ? `${text.slice(0, KEY_SHOWN_MAX)}…` : text);
}
