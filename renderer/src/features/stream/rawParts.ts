/**
 * The parts of a record as it lies in its batch (Kafka's record format v2, KIP-98):
 *
 *   length          varint     bytes that follow
 *   attributes      int8       unused, 0
 *   timestampDelta  varlong    milliseconds after the first of the batch
 *   offsetDelta     varint     after the base offset of the batch
 *   keyLength       varint     −1 for no key        key    bytes
 *   valueLength     varint     −1 for null          value  bytes
 *   headersCount    varint
 *   of each header: nameLength varint, name utf8, valueLength varint (−1 for null), value bytes
 *
 * Varints are zigzag encoded, least significant group of seven bits first.
 */

export interface RawPart {
  name: string;
  bytes: Uint8Array;
  /** What the bytes say. */
  says: string;
}

/** The parts in order; where the bytes end too early, what is left comes as one part. */
export function rawParts(raw: Uint8Array): RawPart[] {
  const parts: RawPart[] = [];
  let at = 0;
  const put = (name: string, to: number, says: string): void => {
    parts.push({ name, bytes: raw.subarray(at, to), says });
    at = to;
  };
  const number = (name: string, says: (value: bigint) => string): number => {
    const { value, end } = varint(raw, at);
    put(name, end, says(value));
    return Number(value);
  };
  const content = (name: string, length: number): void => {
    if (length < 0) return;
    if (at + length > raw.length) throw new RangeError('cut');
    if (length > 0) put(name, at + length, preview(raw.subarray(at, at + length)));
  };
  const measured = (name: string, none: string): void => {
    content(
      name,
      number(`${name} length`, (value) => (value < 0n ? none : bytesSay(value))),
    );
  };
  try {
    number('length', bytesSay);
    put('attributes', at + 1, 'none');
    number('time delta', (value) => `${signed(value)} ms`);
    number('offset delta', signed);
    measured('key', 'no key');
    measured('value', 'null');
    const headers = number('headers', String);
    for (let header = 1; header <= headers; header++) {
      measured(`header ${header} name`, 'none');
      measured(`header ${header} value`, 'null');
    }
  } catch (thrown) {
    if (!(thrown instanceof RangeError)) throw thrown;
  }
  if (at < raw.length) put('rest', raw.length, 'does not fit the format');
  return parts;
}

/** Characters of a key or value that a part shows. */
const PREVIEW_MAX = 60;

function preview(bytes: Uint8Array): string {
  try {
    // As one piece of a longer text, so that a character cut in two is left out and no error.
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, PREVIEW_MAX * 4), { stream: true });
    return text.length > PREVIEW_MAX ? `${text.slice(0, PREVIEW_MAX)}…` : text;
  } catch {
    return 'no text';
  }
}

const signed = (delta: bigint): string => (delta < 0n ? String(delta) : `+${delta}`);
const bytesSay = (length: bigint): string => (length === 1n ? '1 byte' : `${length} bytes`);

function varint(bytes: Uint8Array, from: number): { value: bigint; end: number } {
  let value = 0n;
  for (let at = from, shift = 0n; ; at++, shift += 7n) {
    const byte = bytes[at];
    if (byte === undefined || shift > 63n) throw new RangeError('cut');
    value |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) return { value: (value >> 1n) ^ -(value & 1n), end: at + 1 };
  }
}
