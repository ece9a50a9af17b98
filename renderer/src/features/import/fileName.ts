/** A stream's name from a file's name. */
import { STREAM_NAME_LENGTH_MAX } from '../../../../main/api/values.ts';

const knownEndings = /\.(ndjson|jsonl|jsonlines|json|log|txt|csv|tsv|lines)$/i;

/** "My Orders (2018).ndjson" → "My-Orders-2018". Never empty. */
export function streamNameFrom(fileName: string): string {
  const plain = fileName
    .replace(knownEndings, '')
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[-.]+|[-.]+$/g, '')
    .slice(0, STREAM_NAME_LENGTH_MAX);
  return plain || 'events';
}

/** A name that no stream has yet: "orders", else "orders-2", … */
export function freeName(wanted: string, taken: readonly string[]): string {
  if (!taken.includes(wanted)) return wanted;
  for (let number = 2; ; number++) {
    const ending = `-${number}`;
    const name = wanted.slice(0, STREAM_NAME_LENGTH_MAX - ending.length) + ending;
    if (!taken.includes(name)) return name;
  }
}
