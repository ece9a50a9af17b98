import { expect, it } from 'vitest';
import { PORT_BUFFER_BYTES_MAX } from '../../main/rpc/port.ts';
import { overEveryLink } from './links.ts';

const FRAMES = 40;
const FRAME_BYTES = 1024 * 1024;

overEveryLink((makeLink) => {
  it('frames arrive whole and in order, and a sender that waits for room is let through', async () => {
    const { asker, answerer, dispose } = await makeLink();
    const arrived: { n: number; bytes: number }[] = [];
    const { promise: complete, resolve } = Promise.withResolvers<void>();
    answerer.onFrame((frame) => {
      arrived.push({ n: frame[0]!, bytes: frame.byteLength });
      if (arrived.length === FRAMES) resolve();
    });
    for (let n = 0; n < FRAMES; n++) {
      await asker.drained();
      asker.send(new Uint8Array(n % 2 ? FRAME_BYTES : 3).fill(n));
    }
    await complete;
    expect(arrived).toEqual(Array.from({ length: FRAMES }, (_, n) => ({ n, bytes: n % 2 ? FRAME_BYTES : 3 })));
    asker.close();
    await dispose();
  });

  it('memory that frames have left can be used again', async () => {
    const { asker, answerer, dispose } = await makeLink();
    const seen: (readonly [number, boolean])[] = [];
    const { promise: complete, resolve } = Promise.withResolvers<void>();
    answerer.onFrame((frame) => {
      const first = frame[0]!;
      seen.push([first, frame.every((byte) => byte === first)]);
      if (seen.length === FRAMES) resolve();
    });
    for (let n = 0; n < FRAMES; n++) {
      const memory = new Uint8Array(FRAME_BYTES).fill(n);
      asker.send(memory, () => memory.fill(255));
    }
    await complete;
    expect(seen).toEqual(Array.from({ length: FRAMES }, (_, n) => [n, true]));
    asker.close();
    await dispose();
  });

  it('waiting for room ends when the port closes', async () => {
    const { asker, answerer, dispose } = await makeLink();
    answerer.onFrame(() => {});
    answerer.pause();
    for (let bytes = 0; bytes < 2 * PORT_BUFFER_BYTES_MAX; bytes += FRAME_BYTES) asker.send(new Uint8Array(FRAME_BYTES));
    const drained = asker.drained();
    asker.close();
    await drained;
    answerer.close();
    await dispose();
  });
});
