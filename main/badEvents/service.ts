/** The calls of api/badEvents.ts. */
import { randomUUID } from 'node:crypto';
import {
  BAD_GROUPS_MAX,
  BAD_SHOWN_BYTES_MAX,
  BAD_SHOWN_MAX,
  type BadEvent,
  type badEvents,
  type BadGroup,
  type BadGroupName,
  REDRIVES_MAX,
} from '../api/badEvents.ts';
import type { DomainHandlers } from '../api/contract.ts';
import { LabError } from '../api/errors.ts';
import type { ProcessorSummary } from '../api/processors.ts';
import { NO_TIMESTAMP } from '../api/time.ts';
import type { Cluster } from '../cluster/cluster.ts';
import type { BatchReader } from '../events/batches.ts';
import type { Appender } from '../produce/append.ts';
import { badEventOf, redriven } from '../replay/redrives.ts';
import type { ReadRange, Replays } from '../replay/service.ts';
import { Source } from '../replay/source.ts';
import type { StreamRegistry } from '../streams/registry.ts';
import type { StreamPlaces } from '../streams/streamPlaces.ts';
import type { RedriveRecord, RedriveRecords } from '../workspace/redriveRecords.ts';
import { calledHere, isCalled } from './calledHere.ts';
import { DealtWith, isSame } from './dealtWith.ts';
import { type Found, scanBad } from './scan.ts';

export interface BadEventsParts {
  records: RedriveRecords;
  registry: StreamRegistry;
  cluster: Cluster;
  reader: BatchReader;
  appender: Appender;
  replays: Replays;
  processors: () => ProcessorSummary[];
  now: () => number;
}

export function createBadEventsService(parts: BadEventsParts): DomainHandlers<typeof badEvents> {
  const { records, registry, cluster, reader, appender, replays, processors, now } = parts;

  /** What the replays have sent by now is asked of them, and where that is all, written down. */
  async function settled(record: RedriveRecord, bad: string): Promise<RedriveRecord> {
    if (record.isSettled && record.ends !== null) return record;
    const sent = record.isSettled ? null : replays.sentBy(record.id);
    if (sent === null && !record.isSettled) {
      // What leaves the list is settled before: this one never began.
      records.remove(record.id);
      return { ...record, ranges: [] };
    }
    const ranges = sent === null ? record.ranges : sent.ranges.map(inDecimals);
    if (sent && !sent.isOver) return { ...record, ranges };
    const over: RedriveRecord = {
      ...record,
      ranges,
      isSettled: true,
      ends: await endsOf(calledHere(record.group, bad, processors()).from),
    };
    records.put(over, now());
    return over;
  }

  async function endsOf(stream: string): Promise<RedriveRecord['ends']> {
    if (!registry.has(stream)) return [];
    const { shards } = registry.get(stream);
    const bounds = await cluster.bounds(shards);
    return shards.map(({ number }, index) => ({ shard: number, offset: String(bounds[index]!.endOffset) }));
  }

  async function dealtWith({ id, name }: StreamPlaces): Promise<DealtWith> {
    const redrives = [];
    for (const record of records.of(id)) redrives.push(await settled(record, name));
    return new DealtWith(redrives, name, processors());
  }

  function assertRoom({ id, name }: StreamPlaces): void {
    if (records.of(id).length < REDRIVES_MAX) return;
    throw new LabError(
      'too-many',
      `Of the events of “${name}”, ${REDRIVES_MAX.toLocaleString('en')} redrives are remembered, and no more.`,
    );
  }

  /** All that are bad once more, by the place of what they were: `shard/offset`. */
  function againOf(found: readonly Found[], stream: string): Map<string, { shard: number; offset: bigint }> {
    const all = processors();
    return new Map(
      found.flatMap(({ bad, shard, record }) =>
        bad?.redrives && isCalled(bad.redrives.stream, stream, all)
          ? [[`${bad.redrives.shard}/${bad.redrives.offset}`, { shard, offset: record.offset }] as const]
          : [],
      ),
    );
  }

  const groupOf = (bad: NonNullable<Found['bad']>): BadGroupName => ({
    processor: bad.processor,
    reason: bad.reason,
    from: bad.from.stream,
  });

  async function read(stream: StreamPlaces, shard: number, offset: bigint): Promise<Found['record']> {
    const [place] = registry.places(stream.name, [shard]);
    const source = new Source(cluster, reader, [{ place: place!, from: offset, until: offset + 1n }], () => {});
    const found = await source.peek();
    if (found) return found.record;
    throw new LabError('no-such-event', `There is no event at offset ${offset} of shard ${shard} of “${stream.name}”.`);
  }

  return {
    async look({ stream: name }, { signal }) {
      const stream = registry.get(name);
      const dealt = await dealtWith(stream);
      const found: Found[] = [];
      const scanned = await scanBad(cluster, reader, stream, signal, (each) => {
        // Keys and values are not needed here, and would be kept with their batches.
        const { offset, timestamp } = each.record;
        found.push({ ...each, record: { offset, timestamp, key: null, value: null, headers: [] } });
      });
      const again = againOf(found, name);
      const groups = new Map<string, BadGroup>();
      const all = processors();
      let others = 0;
      for (const { bad, shard, record } of found) {
        if (!bad) {
          others++;
          continue;
        }
        const group = groupOf(bad);
        const key = JSON.stringify(group);
        const known = groups.get(key) ?? {
          ...group,
          here: calledHere(group, name, all),
          events: 0,
          states: noStates(),
          newest: NO_TIMESTAMP,
        };
        groups.set(key, known);
        known.events++;
        known.states[stateOf(dealt, again, group, shard, record.offset)]++;
        if (record.timestamp > known.newest) known.newest = record.timestamp;
      }
      const sorted = [...groups.values()].sort((a, b) => b.events - a.events);
      return { groups: sorted.slice(0, BAD_GROUPS_MAX), groupsMore: Math.max(0, sorted.length - BAD_GROUPS_MAX), ...scanned, others };
    },
    async list({ stream: name, group }, { signal }) {
      const stream = registry.get(name);
      const dealt = await dealtWith(stream);
      const own: Found[] = [];
      const others: Found[] = [];
      await scanBad(cluster, reader, stream, signal, (each) => {
        if (!each.bad) return;
        // One that is bad once more may be so for another reason.
        if (each.bad.redrives) others.push(each);
        if (!isSame(groupOf(each.bad), group)) return;
        own.push(each);
        if (own.length > 2 * BAD_SHOWN_MAX) own.splice(0, BAD_SHOWN_MAX);
      });
      const again = againOf(others, name);
      const shown: BadEvent[] = [];
      let bytes = 0;
      for (const { shard, record, bad } of own.slice(-BAD_SHOWN_MAX).reverse()) {
        const { key, value, offset, timestamp } = record;
        bytes += (key?.length ?? 0) + (value?.length ?? 0);
        if (bytes > BAD_SHOWN_BYTES_MAX && shown.length > 0) break;
        shown.push({
          ...{ shard, offset, timestamp, key, value, from: bad!.from },
          ...{ state: stateOf(dealt, again, group, shard, offset), again: again.get(`${shard}/${offset}`) ?? null },
        });
      }
      return shown;
    },
    async mend({ stream: name, shard, offset, key, value }) {
      const stream = registry.get(name);
      assertRoom(stream);
      const record = await read(stream, shard, offset);
      const bad = badEventOf(record.headers);
      if (!bad)
        throw new LabError(
          'bad-input',
          `The event at offset ${offset} of shard ${shard} says nothing of where it came from: it is no bad event.`,
        );
      const from = { ...bad.from, stream: calledHere(groupOf(bad), name, processors()).from };
      const isSameKey = (key === null) === (record.key === null) && (key === null || Buffer.from(key).equals(record.key!));
      const keeps = isSameKey && registry.has(from.stream) && from.shard < registry.get(from.stream).shards.length;
      const headers = redriven(record.headers, { stream: name, shard, offset }).map(([header, content]): [string, Uint8Array | null] => [
        header,
        content,
      ]);
      const { shards } = await appender.append(from.stream, [
        { key, value, headers, timestamp: record.timestamp, shard: keeps ? from.shard : null },
      ]);
      const [sent] = shards;
      records.put(
        {
          ...{ id: randomUUID(), badStream: stream.id, group: groupOf(bad), isThrough: false, isSettled: true },
          ranges: [{ shard, from: String(offset), until: String(offset + 1n) }],
          ends: [{ shard: sent!.shard, offset: String(sent!.lastOffset + 1n) }],
        },
        now(),
      );
      return { stream: from.stream, shard: sent!.shard, offset: sent!.lastOffset };
    },
    async redrive({ stream: name, group, through }) {
      const stream = registry.get(name);
      assertRoom(stream);
      const except = (await dealtWith(stream)).rangesOf(group);
      const { from } = calledHere(group, name, processors());
      const id = await replays.redrive({ bad: name, ...group, except }, from, through, (replayId, planned) =>
        records.put(
          {
            ...{ id: replayId, badStream: stream.id, group, isThrough: through !== null, isSettled: false, ends: null },
            ranges: planned.map(inDecimals),
          },
          now(),
        ),
      );
      return { id };
    },
  };
}

function stateOf(
  dealt: DealtWith,
  again: ReadonlyMap<string, unknown>,
  group: BadGroupName,
  shard: number,
  offset: bigint,
): BadEvent['state'] {
  if (again.has(`${shard}/${offset}`)) return 'failed-again';
  return dealt.stateOf(group, shard, offset) ?? 'open';
}

function inDecimals({ shard, from, until }: ReadRange): RedriveRecord['ranges'][number] {
  return { shard, from: String(from), until: String(until) };
}

function noStates(): BadGroup['states'] {
  return { open: 0, waiting: 0, 'failed-again': 0, succeeded: 0, sent: 0 };
}
