/**
 * What producers sent and what they were told of it, to be held against what is in the log afterwards. Each event says in its value which
 * it is (producer, request, place in the request), and the rest of its bytes follow from that.
 */
import type { Appended } from '../../main/api/produce.ts';
import type { NewRecord } from '../../main/api/values.ts';
import { expect } from 'vitest';
import { record } from '../unit/openLab.ts';

/** Longest filling of a value, bytes: most events fit in a page of the file, some need several. */
const FILLING_BYTES_MAX = 20_000;

interface Request {
  /** Shard of each of its events. */
  shards: number[];
  /** Null where no acknowledgement came: it may be in the log or not. */
  acknowledged: Appended | null;
}

/** An event as it was found in the log. */
export interface Found {
  shard: number;
  offset: bigint;
  value: Buffer;
}

export interface Ledger {
  /** Writes down a request that is about to be sent: its records. */
  begin(producer: number, shards: readonly number[]): { records: NewRecord[]; acknowledge: (appended: Appended) => void };
  /** Requests that were acknowledged. */
  readonly acknowledged: number;
  readonly sent: number;
  /** Throws where the log does not hold what it has to hold. `found` is in order of offsets for each shard. */
  check(found: readonly Found[], brokerOf: (shard: number) => number): void;
}

function filling(producer: number, request: number, index: number): string {
  const mixed = Math.imul(producer * 7_919 + request * 104_729 + index * 31, 0x9e3779b1) >>> 0;
  // A third are large.
  return String.fromCharCode(97 + (mixed % 26)).repeat(mixed % 3 === 0 ? mixed % FILLING_BYTES_MAX : mixed % 100);
}

const valueOf = (producer: number, request: number, index: number): string =>
  `${producer}/${request}/${index} ${filling(producer, request, index)}`;

export function createLedger(): Ledger {
  /** By producer, in the order in which they were sent. */
  const requests: Request[][] = [];
  let acknowledged = 0;
  let sent = 0;
  return {
    get acknowledged() {
      return acknowledged;
    },
    get sent() {
      return sent;
    },
    begin(producer, shards) {
      const own = (requests[producer] ??= []);
      const request: Request = { shards: [...shards], acknowledged: null };
      const number = own.push(request) - 1;
      sent++;
      return {
        records: shards.map((shard, index) => record(valueOf(producer, number, index), { shard })),
        acknowledge(appended) {
          request.acknowledged = appended;
          acknowledged++;
        },
      };
    },
    check(found, brokerOf) {
      const places = new Map<string, Found>();
      const lastOf = new Map<string, { offset: bigint; order: number }>();
      const wrong: string[] = [];
      for (const event of found) {
        const text = event.value.toString();
        const name = text.slice(0, text.indexOf(' '));
        const [producer, request, index] = name.split('/').map(Number) as [number, number, number];
        const known = requests[producer]?.[request];
        if (known?.shards[index] !== event.shard) wrong.push(`${name} is in shard ${event.shard}, was sent to ${known?.shards[index]}`);
        if (text !== valueOf(producer, request, index)) wrong.push(`${name} has other bytes than were sent`);
        if (places.has(name)) wrong.push(`${name} is there twice`);
        places.set(name, event);
        const line = `${producer} in shard ${event.shard}`;
        const last = lastOf.get(line);
        const order = request * 10_000 + index;
        if (last && (order <= last.order || event.offset <= last.offset)) wrong.push(`${name} comes too late, of producer ${line}`);
        lastOf.set(line, { offset: event.offset, order });
      }
      requests.forEach((own, producer) =>
        own.forEach(({ shards, acknowledged: told }, number) => {
          const present = shards.map((_, index) => places.get(`${producer}/${number}/${index}`));
          if (told) {
            present.forEach((event, index) => {
              const range = told.shards.find(({ shard }) => shard === shards[index]);
              if (!event) wrong.push(`${producer}/${number}/${index} was acknowledged and is not there`);
              else if (!range || event.offset < range.firstOffset || event.offset > range.lastOffset)
                wrong.push(`${producer}/${number}/${index} is at offset ${event.offset}, was acknowledged elsewhere`);
            });
          } else {
            // What goes to one broker is one transaction.
            const counts = new Map<number, { there: number; of: number }>();
            present.forEach((event, index) => {
              const count = counts.get(brokerOf(shards[index]!)) ?? { there: 0, of: 0 };
              counts.set(brokerOf(shards[index]!), { there: count.there + (event ? 1 : 0), of: count.of + 1 });
            });
            for (const [broker, { there, of }] of counts)
              if (there > 0 && there < of) wrong.push(`of ${producer}/${number}, ${there} of ${of} events are in broker ${broker}`);
          }
        }),
      );
      expect(wrong.slice(0, 20)).toEqual([]);
    },
  };
}
