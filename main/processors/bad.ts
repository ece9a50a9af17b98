/** Bad events: where they go, and what is said of them there. */

/** The output that every processor has, and the stream of that name. */
export const BAD = 'bad';
/** Why it is bad; there may be several. */
export const REASON_HEADER = 'loglab.reason';
/** The processor that said so, and the event: `stream/shard/offset`. */
export const PROCESSOR_HEADER = 'loglab.processor';
export const FROM_HEADER = 'loglab.from';

export type Headers = readonly (readonly [string, Uint8Array | null])[];

/** Behind its own headers, which stay as they are. */
export function badHeaders(
  headers: Headers,
  reasons: readonly string[],
  { processor, stream, shard, offset }: { processor: string; stream: string; shard: number; offset: string },
): [string, Uint8Array | null][] {
  const said: [string, string][] = [
    ...reasons.map((reason): [string, string] => [REASON_HEADER, reason]),
    [PROCESSOR_HEADER, processor],
    [FROM_HEADER, `${stream}/${shard}/${offset}`],
  ];
  return [
    ...headers.map(([name, value]): [string, Uint8Array | null] => [name, value]),
    ...said.map(([name, text]): [string, Uint8Array] => [name, Buffer.from(text)]),
  ];
}
