import { describe, expect, it, vi } from 'vitest';
import { LabError } from '../../main/api/errors.ts';
import { PEER_CALLS_MAX } from '../../main/rpc/limits.ts';
import { FRAME_BYTES_MAX } from '../../main/rpc/port.ts';
import { connect } from './fixture.ts';
import { overEveryLink } from './links.ts';

const MIB = 1024 * 1024;

overEveryLink((makeLink) => {
  describe('calls', () => {
    it('give back what went in', async () => {
      const { client } = await connect(makeLink);
      const values = [null, undefined, true, 0, -1, 1.5, 2 ** 40, '', 'żółć', [], [1, [2]], {}, { a: { b: null } }];
      for (const value of values) expect(await client.calls.echo(value)).toStrictEqual(value);
    });

    it('carry 64-bit offsets and a mebibyte of bytes', async () => {
      const { client } = await connect(makeLink);
      const bytes = new Uint8Array(MIB).map((_, i) => i * 7);
      const value = { offsets: [0n, -1n, 2n ** 63n - 1n, -(2n ** 63n), 2n ** 64n - 1n], number: 2 ** 53 - 1, bytes };
      expect(await client.calls.echo(value)).toStrictEqual(value);
    });

    it('lend their bytes only where they say so: what is not lent stays as it came', async () => {
      const { client, seen } = await connect(makeLink);
      const numbers = Array.from({ length: 12 }, (_, n) => n);
      const asked = numbers.map((n) => {
        const bytes = new Uint8Array(100_000).fill(n);
        return n % 3 === 0 ? client.calls.keep(bytes) : client.calls.look(bytes);
      });
      expect(await Promise.all(asked)).toEqual(numbers.map((n) => (n % 3 === 0 ? undefined : [n, n])));
      expect(seen.kept.map((bytes) => [...new Set(bytes)])).toEqual([[0], [3], [6], [9]]);
    });

    it('drop undefined properties and keep null ones', async () => {
      const { client } = await connect(makeLink);
      expect(await client.calls.echo({ a: undefined, b: null })).toStrictEqual({ b: null });
    });

    it('go both ways at once, each side with ids of its own', async () => {
      const { client, back } = await connect(makeLink);
      const asked = Array.from({ length: 50 }, (_, n) => [client.calls.echo(`there ${n}`), back.calls.echo(`back ${n}`)]).flat();
      expect(await Promise.all(asked)).toEqual(Array.from({ length: 50 }, (_, n) => [`there ${n}`, `back ${n}`]).flat());
    });

    it('run side by side', async () => {
      const { client } = await connect(makeLink);
      const numbers = Array.from({ length: PEER_CALLS_MAX }, (_, n) => n);
      expect(await Promise.all(numbers.map((n) => client.calls.echo(n)))).toEqual(numbers);
    });

    it('are refused over the limit, and the others live', async () => {
      const { client } = await connect(makeLink);
      const asked = Array.from({ length: PEER_CALLS_MAX + 1 }, (_, n) => client.calls.echo(n));
      await expect(asked.pop()).rejects.toMatchObject({ code: 'too-many', message: expect.stringContaining('PEER_CALLS_MAX') });
      expect(await Promise.all(asked)).toHaveLength(PEER_CALLS_MAX);
    });
  });

  describe('failures', () => {
    it('arrive with their code, sentence, retriable and cause', async () => {
      const { client } = await connect(makeLink);
      const error = await client.calls.fail('ours').catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(LabError);
      expect(error).toMatchObject({ code: 'disk-full', message: 'The disk is full.', retriable: true, cause: 'ENOSPC' });
    });

    it('that are not ours become internal', async () => {
      const { client } = await connect(makeLink);
      const message = 'Something unexpected went wrong: x is not a function';
      await expect(client.calls.fail('foreign')).rejects.toMatchObject({ code: 'internal', retriable: false, message });
    });

    it('of the input name the fields and what was expected', async () => {
      const { client } = await connect(makeLink);
      const asked = client.calls.create({ name: 'a', shards: 0, tags: ['x', 5 as unknown as string] });
      await expect(asked).rejects.toMatchObject({
        code: 'bad-input',
        message: 'The input of calls.create is not valid: "shards": expected >=1, received 0; "tags.1": expected string, received 5.',
      });
    });

    it('of an input or an answer that cannot travel are of that call alone', async () => {
      const { client } = await connect(makeLink);
      await expect(client.calls.echo(2n ** 64n)).rejects.toMatchObject({ code: 'bad-input', message: expect.stringContaining('64 bits') });
      await expect(client.calls.echo(JSON.parse('{"__proto__":1}'))).rejects.toMatchObject({ code: 'bad-input' });
      await expect(client.calls.unfit(null)).rejects.toMatchObject({ code: 'internal', message: expect.stringContaining('Date') });
      expect(await client.calls.echo('alive')).toBe('alive');
    });

    it('of an input or an answer that is too large are of that call alone', async () => {
      const { client } = await connect(makeLink);
      const tooLarge = { code: 'too-many', message: expect.stringContaining('FRAME_BYTES_MAX') };
      await expect(client.calls.echo(new Uint8Array(FRAME_BYTES_MAX))).rejects.toMatchObject(tooLarge);
      await expect(client.calls.bytes(FRAME_BYTES_MAX)).rejects.toMatchObject(tooLarge);
      expect(await client.calls.bytes(FRAME_BYTES_MAX - 100)).toHaveLength(FRAME_BYTES_MAX - 100);
    });
  });

  describe('giving up', () => {
    it('at the deadline rejects and aborts the handler', async () => {
      const { client, seen } = await connect(makeLink);
      const asked = client.calls.wait(null, { deadlineMs: 30 });
      await expect(asked).rejects.toMatchObject({ code: 'deadline', retriable: true, message: 'calls.wait did not answer within 30 ms.' });
      await vi.waitFor(() => expect(seen.aborts).toHaveLength(1));
    });

    it('by the caller rejects and aborts the handler', async () => {
      const { client, seen } = await connect(makeLink);
      const abort = new AbortController();
      const asked = client.calls.wait(null, { signal: abort.signal });
      await vi.waitFor(() => expect(seen.waiting).toBe(1));
      abort.abort();
      await expect(asked).rejects.toMatchObject({ code: 'cancelled' });
      await vi.waitFor(() => expect(seen.aborts).toMatchObject([{ code: 'cancelled' }]));
      // The handler has answered meanwhile; nobody waits for that, and nothing breaks by it.
      expect(await client.calls.echo('alive')).toBe('alive');
    });

    it('before the call asks nothing', async () => {
      const { client, seen } = await connect(makeLink);
      await expect(client.calls.wait(null, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'cancelled' });
      await client.calls.echo(1);
      expect(seen.waiting).toBe(0);
    });
  });
});
