/** An event as text: what is copied, and the command that shows it again. */
import type { Position } from '../../../../main/api/values.ts';
import type { EventDetail } from '../../../../main/api/events.ts';
import type { LabInfo } from '../../../../main/api/lab.ts';
import { quotedWord } from '../../../../main/api/shell.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
/** Bytes turned into characters at once when making base64; more would overflow the call stack. */
const BASE64_STEP = 32_768;
/** The last and first millisecond that a JavaScript date can say. */
const DATE_MS_MAX = 8_640_000_000_000_000n;

/** The bytes as text, or null where they are no UTF-8. */
export function textOf(bytes: Uint8Array): string | null {
  try {
    return utf8.decode(bytes);
  } catch {
    return null;
  }
}

export function base64Of(bytes: Uint8Array): string {
  let characters = '';
  for (let at = 0; at < bytes.length; at += BASE64_STEP) characters += String.fromCharCode(...bytes.subarray(at, at + BASE64_STEP));
  return btoa(characters);
}

type JsonBytes = string | { base64: string } | null;
function jsonOf(bytes: Uint8Array | null): JsonBytes {
  return bytes === null ? null : (textOf(bytes) ?? { base64: base64Of(bytes) });
}

/** ISO 8601 in UTC with milliseconds; null for none (−1); a decimal string of milliseconds beyond JavaScript's dates. */
export function isoTime(timestamp: bigint): string | null {
  if (timestamp === -1n) return null;
  if (timestamp > DATE_MS_MAX || timestamp < -DATE_MS_MAX) return String(timestamp);
  return new Date(Number(timestamp)).toISOString();
}

/** The record as one line of JSON, the format that `loglab consume --json` writes and `import --format records` reads. */
export function recordJson(event: EventDetail): string {
  return JSON.stringify({
    stream: event.stream,
    shard: event.shard,
    offset: String(event.offset),
    timestamp: isoTime(event.timestamp),
    key: jsonOf(event.key),
    value: jsonOf(event.value),
    headers: event.headers.map(([name, value]) => [name, jsonOf(value)]),
  });
}

/** Key or value as it is copied: its text, or hex where it is none. */
export function copyText(bytes: Uint8Array | null): string {
  if (bytes === null) return 'null';
  return textOf(bytes) ?? Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/**
 * The command that follows a stream, or that shows one event of it, of this workspace whatever the default is,
 * and whether the lab runs by then or not. Names of streams need no
 * quotes, but one may begin like an option.
 */
export function consumeCommand(lab: Pick<LabInfo, 'workspace' | 'platform' | 'command'> | null, stream: string, at?: Position): string {
  const range = at
    ? `--shard ${at.shard} --from offset:${at.offset} --until offset:${at.offset + 1n} --json`
    : '--from beginning --until live';
  const folder = lab && !lab.workspace.isDefault ? ` --lab ${quotedWord(lab.workspace.path, lab.platform)}` : '';
  const consume = `${lab?.command ?? 'loglab'} consume`;
  return stream.startsWith('-') ? `${consume} ${range}${folder} -- ${stream}` : `${consume} ${stream} ${range}${folder}`;
}
