/**
 * Where a replay writes, so that each event comes to be there once, whatever is killed.
 *
 * What goes to the shards of one broker is one commit of it, together with how far the replay has come in each shard of its source (positions,
 * log/positions.ts). So each broker knows by itself what it has got: after a crash the source is read on from the least of these positions,
 * and what a broker has already is not sent to it again. This asks for one thing: an event always goes to the same shard, so to the same broker.
 *
 * A broker has one commit of a replay under way. One whose answer never came is settled before the positions are asked for, by a commit behind
 * it: a broker commits in the order in which it is asked.
 */
import { LabError, toLabError } from '../api/errors.ts';
import { NO_TIMESTAMP } from '../api/time.ts';
import type { Cluster, ShardPlace } from '../cluster/cluster.ts';
import { attributesOf, encodeBatch, type NewRecord, positionRecord, POSITIONS_STREAM, type ReaderPosition } from '../log/index.ts';
import { fits, recordsBytesMax, sizeOf } from '../produce/append.ts';
import type { StreamRegistry } from '../streams/registry.ts';
import type { StreamPlaces } from '../streams/streamPlaces.ts';

/** Positions that are no shards of the source: how many events the replay has sent to this broker, and the mark of one of its lives. */
const SENT = '/sent';
const LIFE = '/life';

/** Whose positions they are: no processor is called so. */
export const readerOf = (replayId: string): string => `/replay/${replayId}`;

interface BrokerSide {
  id: number;
  positionsShard: ShardPlace;
  /** By number of the shard of the source. */
  positions: Map<number, bigint>;
  sent: number;
}

/** Events on their way, by the shard of the target. */
export class Parcel {
  readonly #target: Target;
  readonly #shards = new Map<number, NewRecord[][]>();
  readonly #batchBytes = new Map<number, number>();
  /** What its batches may have, as the target had it when they were begun. */
  readonly batchBytesMax: number;
  readonly #recordsBytesMax: number;
  bytes = 0;
  events = 0;

  constructor(target: Target) {
    this.#target = target;
    this.batchBytesMax = target.batchBytesMax;
    this.#recordsBytesMax = recordsBytesMax(this.batchBytesMax);
  }

  /** An event of the source, unless the broker has it already. `of`: where it stands there. Throws `batch-too-large` where it does not fit alone. */
  add(shard: number, of: { shard: number; offset: bigint }, record: () => NewRecord): void {
    if (this.#target.has(shard, of)) return;
    const own = record();
    const bytes = sizeOf(own);
    if (!fits(own, this.batchBytesMax)) this.#target.assertFits(own, of, this.batchBytesMax);
    const batches = this.#shards.get(shard) ?? [];
    if (batches.length === 0) this.#shards.set(shard, batches);
    const soFar = this.#batchBytes.get(shard) ?? 0;
    if (batches.length === 0 || soFar + bytes > this.#recordsBytesMax) {
      batches.push([]);
      this.#batchBytes.set(shard, 0);
    }
    batches.at(-1)!.push(own);
    this.#batchBytes.set(shard, this.#batchBytes.get(shard)! + bytes);
    this.bytes += bytes;
    this.events++;
  }

  of(shard: number): readonly NewRecord[][] {
    return this.#shards.get(shard) ?? [];
  }
}

export interface TargetParts {
  registry: StreamRegistry;
  cluster: Cluster;
  replayId: string;
  source: { stream: string; id: string };
  /** As many of its shards as it had when the replay began: keys go by those. */
  target: StreamPlaces;
  shards: number;
}

export class Target {
  readonly #parts: TargetParts;
  readonly #places: readonly ShardPlace[];
  readonly #sides: BrokerSide[];

  private constructor(parts: TargetParts, places: readonly ShardPlace[], sides: BrokerSide[]) {
    this.#parts = parts;
    this.#places = places;
    this.#sides = sides;
  }

  /** Takes up what each broker has. Throws `broker-down`. */
  static async open(parts: TargetParts): Promise<Target> {
    const { registry, cluster, replayId, source, target } = parts;
    const places = target.shards.slice(0, parts.shards);
    const brokerIds = [...new Set(places.map(({ brokerId }) => brokerId))];
    const shards = await registry.positionsOn(brokerIds);
    const reader = readerOf(replayId);
    const sides = brokerIds.map(async (id): Promise<BrokerSide> => {
      const positionsShard = shards.get(id)!;
      const life = { reader, stream: LIFE, shard: 0, offset: 0n, of: source.id };
      await cluster.commit(id, [{ place: positionsShard, bytes: encodeBatch({ records: [positionRecord(life, life, NO_TIMESTAMP)] }) }]);
      const known = await cluster.positions(positionsShard, reader);
      return {
        id,
        positionsShard,
        positions: new Map(known.filter(({ stream }) => stream === source.stream).map(({ shard, offset }) => [shard, offset])),
        sent: Number(known.find(({ stream }) => stream === SENT)?.offset ?? 0n),
      };
    });
    return new Target(parts, places, await Promise.all(sides));
  }

  /** Of the stream, as it is now. */
  get batchBytesMax(): number {
    return this.#parts.target.settings.batchBytesMax;
  }

  /** For an event that fits only where it can be compressed, or not at all. */
  assertFits(record: NewRecord, of: { shard: number; offset: bigint }, bytesMax: number): void {
    const { source, target } = this.#parts;
    try {
      encodeBatch({ records: [record], attributes: attributesOf(target.settings.compression), bytesMax });
    } catch (error) {
      const { code, message } = toLabError(error);
      const which = `The event at offset ${of.offset} of shard ${of.shard} of “${source.stream}” does not fit into “${target.name}”`;
      throw new LabError(code, `${which}. ${message}`, { cause: error });
    }
  }

  /** Events that are in it. */
  get sent(): number {
    return this.#sides.reduce((sum, { sent }) => sum + sent, 0);
  }

  /** From where on a shard of the source has to be read for all brokers; `from`: where its range begins. */
  startOf(shard: number, from: bigint): bigint {
    const known = this.#sides.map(({ positions }) => positions.get(shard) ?? from);
    return known.reduce((least, offset) => (offset < least ? offset : least));
  }

  has(shard: number, of: { shard: number; offset: bigint }): boolean {
    const { brokerId } = this.#places[shard]!;
    for (const { id, positions } of this.#sides) if (id === brokerId) return of.offset < (positions.get(of.shard) ?? 0n);
    return false;
  }

  /** Resolves when all of it is in the log, with the positions behind it. Where this throws, the target is to be opened again. */
  async write(parcel: Parcel, positions: ReadonlyMap<number, bigint>): Promise<void> {
    await Promise.all(this.#sides.map((side) => this.#writeTo(side, parcel, positions)));
  }

  async #writeTo(side: BrokerSide, parcel: Parcel, positions: ReadonlyMap<number, bigint>): Promise<void> {
    const { cluster, target, source, replayId } = this.#parts;
    const attributes = attributesOf(target.settings.compression);
    const own = this.#places.filter(({ brokerId }) => brokerId === side.id);
    const records = own.flatMap((place) => parcel.of(place.number).map((batch) => ({ place, batch })));
    const moved = [...positions].filter(([shard, offset]) => (side.positions.get(shard) ?? -1n) < offset);
    if (records.length === 0 && moved.length === 0) return;
    const sent = side.sent + records.reduce((sum, { batch }) => sum + batch.length, 0);
    const reader = readerOf(replayId);
    const said: ReaderPosition[] = [
      ...moved.map(([shard, offset]) => ({ reader, stream: source.stream, shard, offset, of: source.id })),
      { reader, stream: SENT, shard: 0, offset: BigInt(sent), of: source.id },
    ];
    await cluster.commit(side.id, [
      ...records.map(({ place, batch }) => ({ place, bytes: encodeBatch({ records: batch, attributes, bytesMax: parcel.batchBytesMax }) })),
      { place: side.positionsShard, bytes: encodeBatch({ records: said.map((each) => positionRecord(each, each, NO_TIMESTAMP)) }) },
    ]);
    for (const [shard, offset] of moved) side.positions.set(shard, offset);
    side.sent = sent;
  }
}

/** The replay is over: what it knew of itself goes. Of a broker that is down it stays, and is nobody's. */
export async function forgetPositions(registry: StreamRegistry, cluster: Cluster, reader: string): Promise<void> {
  if (!registry.has(POSITIONS_STREAM)) return;
  for (const place of registry.get(POSITIONS_STREAM).shards) {
    if (!cluster.isUp(place.brokerId)) continue;
    const known = await cluster.positions(place, reader);
    if (known.length === 0) continue;
    const records = known.map((each) => positionRecord(each, null, NO_TIMESTAMP));
    await cluster.append([{ place, bytes: encodeBatch({ records }) }]);
  }
}
