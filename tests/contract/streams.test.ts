import { describe, expect, it, vi } from 'vitest';
import { PEER_STREAMS_MAX } from '../../main/rpc/limits.ts';
import { FRAME_BYTES_MAX } from '../../main/rpc/port.ts';
import { connect, STREAM_CREDIT } from './fixture.ts';
import { overEveryLink } from './links.ts';

async function take<T>(items: AsyncIterable<T>, onItem: (item: T) => void = () => {}): Promise<T[]> {
  const taken: T[] = [];
  for await (const item of items) {
    taken.push(item);
    onItem(item);
  }
  return taken;
}

overEveryLink((makeLink) => {
  describe('streams', () => {
    it('come complete and in order', async () => {
      const { client, seen } = await connect(makeLink);
      const expected = Array.from({ length: 10_000 }, (_, n) => n);
      expect(await take(client.numbers.ahead({ upTo: 10_000 }))).toEqual(expected);
      expect(seen.released).toBe(1);
    });

    it('never run ahead of the credit', async () => {
      const { client, seen } = await connect(makeLink);
      const over: number[] = [];
      // Taking item n acknowledged n items: as many and the credit may have been pulled.
      await take(client.numbers.ahead({ upTo: 500 }), (n) => seen.pulled > (n as number) + STREAM_CREDIT && over.push(n as number));
      await take(client.numbers.oneByOne({ upTo: 500 }), (n) => seen.pulled > 500 + (n as number) + 1 && over.push(n as number));
      expect(over).toEqual([]);
    });

    it('wait for a reader that acknowledges nothing, and nothing else does', async () => {
      const { client, seen } = await connect(makeLink);
      const reading = client.numbers.ahead({ upTo: 1_000_000, bytesEach: 10_000 })[Symbol.asyncIterator]();
      await reading.next();
      for (let n = 0; n < 100; n++) expect(await client.calls.echo(n)).toBe(n);
      await new Promise((resolve) => setTimeout(resolve, 30));
      expect(seen.pulled).toBe(STREAM_CREDIT);
      await reading.next();
      await vi.waitFor(() => expect(seen.pulled).toBe(STREAM_CREDIT + 1));
    });

    it('go both ways and side by side', async () => {
      const { client, back } = await connect(makeLink);
      const all = await Promise.all([client, back, client].map((side) => take(side.numbers.oneByOne({ upTo: 100 }))));
      expect(all.map((items) => items.length)).toEqual([100, 100, 100]);
    });

    it('answer next() that was asked several times ahead', async () => {
      const { client } = await connect(makeLink);
      const reading = client.numbers.oneByOne({ upTo: 2 })[Symbol.asyncIterator]();
      const results = await Promise.all([reading.next(), reading.next(), reading.next()]);
      expect(results).toEqual([
        { done: false, value: 0 },
        { done: false, value: 1 },
        { done: true, value: undefined },
      ]);
    });

    it('are refused over the limit', async () => {
      const { client } = await connect(makeLink);
      const open = () => client.numbers.oneByOne({ upTo: 9 })[Symbol.asyncIterator]();
      const readings = Array.from({ length: PEER_STREAMS_MAX }, open);
      await Promise.all(readings.map((reading) => reading.next()));
      await expect(open().next()).rejects.toMatchObject({ code: 'too-many', message: expect.stringContaining('PEER_STREAMS_MAX') });
      await readings[0]!.return!();
      expect(await open().next()).toEqual({ done: false, value: 0 });
    });
  });

  describe('the end of a stream', () => {
    it('by break lets the generator clean up', async () => {
      const { client, seen } = await connect(makeLink);
      for await (const n of client.numbers.ahead({ upTo: 1_000 })) if (n === 3) break;
      await vi.waitFor(() => expect(seen.released).toBe(1));
      expect(seen.pulled).toBeLessThanOrEqual(3 + STREAM_CREDIT);
    });

    it('by a signal rejects, also while the source gives nothing and heeds nothing', async () => {
      const { client, seen } = await connect(makeLink);
      const abort = new AbortController();
      const reading = client.numbers.stuck(null, { signal: abort.signal })[Symbol.asyncIterator]();
      expect(await reading.next()).toEqual({ done: false, value: 0 });
      const next = reading.next();
      abort.abort();
      await expect(next).rejects.toMatchObject({ code: 'cancelled' });
      expect(await reading.next()).toEqual({ done: true, value: undefined });
      await vi.waitFor(() => expect(seen).toMatchObject({ released: 1, aborts: [{ code: 'cancelled' }] }));
    });

    it('by return() settles a next() that is waiting', async () => {
      const { client, seen } = await connect(makeLink);
      const reading = client.numbers.stuck(null)[Symbol.asyncIterator]();
      await reading.next();
      const next = reading.next();
      await reading.return!();
      expect(await next).toEqual({ done: true, value: undefined });
      await vi.waitFor(() => expect(seen.released).toBe(1));
    });

    it('by an error comes after the items before it', async () => {
      const { client, seen } = await connect(makeLink);
      const items: unknown[] = [];
      const reading = take(client.numbers.ahead({ upTo: 100, failAt: 7 }), (item) => items.push(item));
      await expect(reading).rejects.toMatchObject({ code: 'batch-damaged', message: 'Number 7 is damaged.' });
      expect(items).toEqual([0, 1, 2, 3, 4, 5, 6]);
      expect(seen.released).toBe(1);
    });

    it('by bad input or an item too large is of that stream alone', async () => {
      const { client, seen } = await connect(makeLink);
      await expect(take(client.numbers.ahead({ upTo: 'x' as unknown as number }))).rejects.toMatchObject({ code: 'bad-input' });
      const large = take(client.numbers.ahead({ upTo: 5, bytesEach: FRAME_BYTES_MAX }));
      await expect(large).rejects.toMatchObject({ code: 'too-many', message: expect.stringContaining('FRAME_BYTES_MAX') });
      await vi.waitFor(() => expect(seen.released).toBe(1));
      expect(await take(client.numbers.oneByOne({ upTo: 3 }))).toEqual([0, 1, 2]);
    });
  });
});
