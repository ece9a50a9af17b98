/** A lab with the streams of the shop in memory: what is appended to raw-events is kept, and coupons can be given. */
import type { LabError } from '../../../main/api/errors.ts';
import type { ReadChunk, ReadRecord } from '../../../main/api/events.ts';
import type { LabClient } from '../../../main/api/index.ts';
import type { NewRecord } from '../../../main/api/values.ts';
import { LabState } from '../../../renderer/src/state/lab.svelte.ts';
import type { Link } from '../../../renderer/src/transport/index.ts';
import { FakeLab, streamSummary, Watched } from '../fakeLab.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

export class ShopLab {
  readonly frame = new FakeLab();
  readonly appended: NewRecord[] = [];
  readonly coupons = new Watched<ReadRecord[]>([]);
  /** What the next append fails with. */
  failure: LabError | null = null;
  /** When each event was appended, by stream. */
  readonly appendedAt: Record<string, number> = { 'derived-events': 11_003, coupons: 11_008 };

  constructor() {
    this.frame.streams.set(['raw-events', 'derived-events', 'coupons'].map((name) => streamSummary(name, [0, 0, 0])));
  }

  readonly connect = async (): Promise<Link> => {
    const link = await this.frame.connect();
    return { ...link, client: { ...link.client, ...this.#client() } };
  };

  /** A page that is connected to it. */
  async page(): Promise<LabState> {
    const page = new LabState(this.connect);
    while (page.connection !== 'up') await new Promise((resolve) => setTimeout(resolve));
    return page;
  }

  /** What the events in raw-events say. */
  get said(): Record<string, unknown>[] {
    return this.appended.map(({ value }) => JSON.parse(new TextDecoder().decode(value!)) as Record<string, unknown>);
  }

  give(shopper: string, id: string, event = 'SHOPPER_GOT_COUPON'): void {
    const value = {
      event,
      shopper: { id: shopper },
      coupon: { id, percentOff: 10 },
      because: { stream: 'derived-events', shard: 1, offset: '3' },
    };
    const offset = BigInt(this.coupons.value.length);
    const record = { shard: 1, offset, timestamp: 11_004n, key: encode(shopper), value: encode(JSON.stringify(value)), headers: [] };
    this.coupons.set([...this.coupons.value, record]);
  }

  #client(): Pick<LabClient, 'produce' | 'events'> {
    const { coupons, appended, appendedAt } = this;
    const takeFailure = (): LabError | null => {
      const { failure } = this;
      this.failure = null;
      return failure;
    };
    return {
      produce: {
        append: async ({ records }: { records: NewRecord[] }) => {
          const failure = takeFailure();
          if (failure) throw failure;
          appended.push(...records);
          const at = BigInt(appended.length - 1);
          return { events: 1, shards: [{ shard: 2, firstOffset: at, lastOffset: at, events: 1 }] };
        },
      } as unknown as LabClient['produce'],
      events: {
        get: async ({ stream }: { stream: string }) => ({ appendedAt: appendedAt[stream] }),
        async *read(_input: unknown, options: { signal: AbortSignal }): AsyncGenerator<ReadChunk> {
          let read = 0;
          for await (const all of coupons.watch(options.signal)) {
            yield { records: all.slice(read), gaps: [] };
            read = all.length;
          }
        },
      } as unknown as LabClient['events'],
    };
  }
}
