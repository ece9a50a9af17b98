import { describe, expect, it, vi } from 'vitest';
import { CALL, CREDIT, encodeFrame, ITEM, OPEN, RESULT, type Frame } from '../../main/rpc/codec.ts';
import { createPeer } from '../../main/rpc/peer.ts';
import { FRAME_BYTES_MAX } from '../../main/rpc/port.ts';
import { connect, connectBare, contract } from './fixture.ts';
import { overEveryLink } from './links.ts';

overEveryLink((makeLink) => {
  describe('disconnection', () => {
    it('by the other side rejects all that waits and aborts all that runs', async () => {
      const { asker, answerer, client, back, seen, seenBack } = await connect(makeLink);
      const reading = client.numbers.stuck(null)[Symbol.asyncIterator]();
      await reading.next();
      const waiting = [client.calls.wait(null), back.calls.wait(null), reading.next()].map((asked) =>
        asked.catch((error: unknown) => error),
      );
      await vi.waitFor(() => expect(seen.waiting + seenBack.waiting).toBe(2));
      answerer.close();
      const disconnected = { code: 'disconnected', retriable: true };
      expect(await Promise.all(waiting)).toMatchObject([disconnected, disconnected, disconnected]);
      await Promise.all([asker.closed, answerer.closed]);
      expect(seen).toMatchObject({ released: 1, aborts: [{ code: 'disconnected' }, { code: 'disconnected' }] });
      expect(seenBack.aborts).toMatchObject([{ code: 'disconnected' }]);
    });

    it('is told once, also to those who ask later; calls after it are refused', async () => {
      const { asker, client } = await connect(makeLink);
      const told = vi.fn();
      asker.onClose(told);
      asker.close('The test is over.');
      asker.close();
      await asker.closed;
      asker.onClose(told);
      await vi.waitFor(() => expect(told.mock.calls).toEqual([['The test is over.'], ['The test is over.']]));
      const disconnected = { code: 'disconnected', message: expect.stringContaining('The test is over.') };
      await expect(client.calls.echo(1)).rejects.toMatchObject(disconnected);
      await expect(client.numbers.stuck(null)[Symbol.asyncIterator]().next()).rejects.toMatchObject(disconnected);
    });

    it('does not overtake a frame that was sent before', async () => {
      const { asker, answerer, dispose } = await makeLink();
      const seen: number[] = [];
      asker.onFrame((frame) => void seen.push(frame.byteLength));
      const closed = new Promise<void>((resolve) => asker.onClose(() => resolve()));
      answerer.send(new Uint8Array(3_000_000));
      answerer.close();
      await closed;
      expect(seen).toEqual([3_000_000]);
      await dispose();
    });
  });

  describe('a side that breaks the protocol is disconnected', () => {
    const garbage: Record<string, Uint8Array> = {
      'an empty frame': new Uint8Array(),
      'bytes that are no value': Uint8Array.of(0xc1, 1, 2, 3),
      'a value that is no frame': Uint8Array.of(0x81, 0x01, 0x02),
      'an array that claims more than there is': Uint8Array.of(0xdd, 0xff, 0xff, 0xff, 0xff, 1),
      'an unknown kind': Uint8Array.of(0x92, 99, 1),
      'an answer to nothing': encodeFrame([RESULT, 1, 'unasked']).bytes,
      'a frame over the limit': new Uint8Array(FRAME_BYTES_MAX + 1),
    };
    for (const [what, frame] of Object.entries(garbage)) {
      it(`after ${what}`, async () => {
        const { port, answerer } = await connectBare(makeLink);
        const closed = new Promise<void>((resolve) => port.onClose(() => resolve()));
        port.send(frame);
        await Promise.all([answerer.closed, closed]);
      });
    }

    it('after an id that is in use', async () => {
      const { port, answerer, seen } = await connectBare(makeLink);
      port.send(encodeFrame([CALL, 1, 'calls.wait', 1000, null]).bytes);
      port.send(encodeFrame([OPEN, 1, 'numbers.stuck', 1, null]).bytes);
      await answerer.closed;
      expect(seen.aborts).toMatchObject([{ code: 'disconnected' }]);
    });

    it('after items it had no credit for', async () => {
      const { port, answerer } = await connectBare(makeLink);
      const reading = answerer.client(contract).numbers.oneByOne({ upTo: 2 })[Symbol.asyncIterator]();
      const first = reading.next();
      for (let n = 0; n < 3; n++) port.send(encodeFrame([ITEM, 1, n]).bytes);
      await answerer.closed;
      expect(await first).toEqual({ done: false, value: 0 });
    });
  });

  it('credit and answers that come too late are ignored, an unknown method is an error', async () => {
    const link = await makeLink();
    const peer = createPeer(link.answerer);
    const frames = vi.fn();
    link.asker.onFrame(frames);
    const late: Frame[] = [
      [CREDIT, 5, 1],
      [CALL, 1, 'constructor.name', 1000, null],
    ];
    for (const frame of late) link.asker.send(encodeFrame(frame).bytes);
    await vi.waitFor(() => expect(frames).toHaveBeenCalledOnce());
    const client = createPeer(link.asker).client(contract);
    await expect(client.calls.echo(1)).rejects.toMatchObject({ code: 'protocol', message: 'There is no call named calls.echo here.' });
    peer.close();
    await link.dispose();
  });
});
