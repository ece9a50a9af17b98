/** The calls of api/produce.ts. */
import type { DomainHandlers } from '../api/contract.ts';
import { LabError } from '../api/errors.ts';
import type { Appended, produce } from '../api/produce.ts';
import type { NewRecord } from '../api/values.ts';
import type { StreamRegistry } from '../streams/registry.ts';
import type { KeptEvents } from '../workspace/keptEvents.ts';
import { APPEND_BYTES_MAX, type Appender, sizeOf } from './append.ts';

/** Events of "Send n" in one append. */
const SEND_PART_EVENTS = 1_000;
/** Stands for the number of an event in "Send n". */
const NUMBER_MARK = '{{n}}';

export function createProduceService(
  registry: StreamRegistry,
  appender: Appender,
  kept: KeptEvents,
  now: () => number,
): DomainHandlers<typeof produce> {
  async function send(stream: string, record: NewRecord, count: number, isNumbered: boolean, signal: AbortSignal): Promise<Appended> {
    appender.check(registry.get(stream), record);
    const total: Appended = { events: 0, shards: [] };
    const perPart = Math.max(1, Math.min(SEND_PART_EVENTS, Math.floor(APPEND_BYTES_MAX / (2 * sizeOf(record)))));
    while (total.events < count) {
      if (signal.aborted) throw new LabError('cancelled', `Stopped. ${total.events} of ${count} events were sent; they are in the log.`);
      const part = Array.from({ length: Math.min(perPart, count - total.events) }, (_, index) =>
        isNumbered ? numbered(record, total.events + index + 1) : record,
      );
      try {
        add(total, await appender.append(stream, part, { signal }));
      } catch (error) {
        if (total.events === 0 || !(error instanceof LabError)) throw error;
        throw new LabError(error.code, `${error.message} ${total.events} of ${count} events had been sent before; they are in the log.`, {
          retriable: error.retriable,
          cause: error,
        });
      }
    }
    return total;
  }

  return {
    send: ({ stream, record, count, numbered }, { signal }) => send(stream, record, count, numbered, signal),
    append: ({ stream, records }, { signal }) => appender.append(stream, records, { signal }),
    kept: ({ stream }) => kept.of(stream),
    keep: ({ stream, label, draft }) => kept.keep(stream, label, draft, now()),
    forget: ({ id }) => kept.forget(id),
  };
}

function add(total: Appended, part: Appended): void {
  total.events += part.events;
  for (const shard of part.shards) {
    const known = total.shards.find((other) => other.shard === shard.shard);
    if (known) {
      known.lastOffset = shard.lastOffset;
      known.events += shard.events;
    } else {
      total.shards.push({ ...shard });
      total.shards.sort((a, b) => a.shard - b.shard);
    }
  }
}

function numbered(record: NewRecord, n: number): NewRecord {
  return { ...record, key: fill(record.key, n), value: fill(record.value, n) };
}

function fill(bytes: Uint8Array | null, n: number): Uint8Array | null {
  if (!bytes) return bytes;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  // As latin1 every byte is one character: what is no UTF-8 stays as it is.
  return text.includes(NUMBER_MARK) ? Buffer.from(text.toString('latin1').replaceAll(NUMBER_MARK, String(n)), 'latin1') : bytes;
}
