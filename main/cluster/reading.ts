/**
 * Reading shards of several brokers as one: each broker is asked once for all of its shards, and where their order matters they first agree
 * on a moment that none of them will append before any more.
 */
import { LabError } from '../api/errors.ts';
import type { RowCursors, ShardBounds, ShardCursor } from './brokerContract.ts';
import type { BrokerClient } from './brokerLink.ts';
import { byBroker, type ShardPlace } from './shardPlace.ts';
import { searchRow } from './rowSearch.ts';

export interface Reading {
  /** Asks each broker once for all of its places, and answers in the order of the places. */
  ofEach<T>(places: readonly ShardPlace[], ask: (broker: BrokerClient, shardIds: number[]) => Promise<T[]>): Promise<T[]>;
  bounds(places: readonly ShardPlace[]): Promise<ShardBounds[]>;
  rowCursors(places: readonly ShardPlace[], row: number): Promise<RowCursors>;
  timeCursors(places: readonly ShardPlace[], appendTime: bigint): Promise<ShardCursor[]>;
}

/** `clientOf` throws `broker-down` for a broker that is not up. */
export function createReading(clientOf: (brokerId: number) => BrokerClient): Reading {
  /** Asks each broker once for all of its places, and answers in the order of the places. */
  async function ofEach<T>(places: readonly ShardPlace[], ask: (broker: BrokerClient, shardIds: number[]) => Promise<T[]>): Promise<T[]> {
    if (places.length === 0) throw new LabError('no-such-shard', 'No shard was named.');
    const answers = new Map<ShardPlace, T>();
    await Promise.all(
      byBroker(places).map(async ([brokerId, own]) => {
        const parts = await ask(
          clientOf(brokerId),
          own.map((place) => place.shardId),
        );
        own.forEach((place, index) => answers.set(place, parts[index]!));
      }),
    );
    return places.map((place) => answers.get(place)!);
  }

  /**
   * A moment (append time) before which nothing can come in between any more, on any of these brokers: batches of several brokers have
   * one order up to there. Null where they are all of one broker, whose own order is whole at any time.
   */
  async function agreedTime(places: readonly ShardPlace[]): Promise<bigint | null> {
    const brokers = [...new Set(places.map((place) => place.brokerId))].map(clientOf);
    if (brokers.length < 2) return null;
    const times = await Promise.all(brokers.map((broker) => broker.passTime({ since: 0n })));
    const latest = times.reduce((most, time) => (time > most ? time : most));
    await Promise.all(brokers.map((broker, index) => (times[index] === latest ? latest : broker.passTime({ since: latest }))));
    return latest;
  }

  const timeCursors = (places: readonly ShardPlace[], appendTime: bigint): Promise<ShardCursor[]> =>
    ofEach(places, (broker, shardIds) => broker.timeCursors({ shardIds, appendTime }));

  async function bounds(places: readonly ShardPlace[]): Promise<ShardBounds[]> {
    const end = await agreedTime(places);
    const whole = await ofEach(places, (broker, shardIds) => broker.bounds({ shardIds }));
    if (end === null) return whole;
    const cursors = await timeCursors(places, end);
    return whole.map(({ startOffset }, index) => ({
      startOffset,
      endOffset: cursors[index]!.batch?.baseOffset ?? cursors[index]!.endOffset,
    }));
  }

  async function rowCursors(places: readonly ShardPlace[], row: number): Promise<RowCursors> {
    const end = await agreedTime(places);
    if (end === null) return clientOf(places[0]!.brokerId).rowCursors({ shardIds: places.map((place) => place.shardId), row });
    const found = await searchRow({ cursorsAt: (time) => timeCursors(places, time), end }, row);
    // What lies behind the agreed time is not to be met yet.
    const ends = await timeCursors(places, end);
    return {
      ...found,
      cursors: found.cursors.map((cursor, index) => ({ ...cursor, endOffset: ends[index]!.batch?.baseOffset ?? ends[index]!.endOffset })),
    };
  }

  return { ofEach, bounds, rowCursors, timeCursors };
}
