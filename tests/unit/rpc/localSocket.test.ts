import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import { createConnection, createServer, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createLocalAddress } from '../../../main/rpc/adapters/localAddress.ts';
import { connectLocal, listenLocal } from '../../../main/rpc/adapters/localSocket.ts';
import { SocketPort } from '../../../main/rpc/adapters/socketPort.ts';
import type { Port } from '../../../main/rpc/port.ts';

async function listen() {
  const ports: Port[] = [];
  const listener = await listenLocal({ secret: 'right', onPort: (port) => ports.push(port) });
  onTestFinished(async () => {
    for (const port of ports) port.close();
    await listener.close();
  });
  return { listener, ports };
}

describe('the handshake', () => {
  it('lets in who knows the secret', async () => {
    const { listener, ports } = await listen();
    const port = await connectLocal(listener.address, 'right');
    const received = new Promise((resolve) => ports[0]!.onFrame(resolve));
    port.send(Uint8Array.of(1, 2, 3));
    expect(await received).toEqual(Uint8Array.of(1, 2, 3));
    port.close();
  });

  it('closes on a wrong secret', async () => {
    const { listener, ports } = await listen();
    for (const wrong of ['', 'righ', 'right ', 'wrong']) {
      await expect(connectLocal(listener.address, wrong)).rejects.toMatchObject({ code: 'unauthorized' });
    }
    expect(ports).toEqual([]);
  });

  it('takes no long first frame, not even its length', async () => {
    const { listener, ports } = await listen();
    const socket = createConnection(listener.address);
    socket.resume().write(Uint8Array.of(0, 0, 2, 0));
    await once(socket, 'close');
    expect(ports).toEqual([]);
  });

  it('has room for so many connections, and again for as many as have ended', async () => {
    const { listener } = await listen();
    const strangers: Socket[] = [];
    onTestFinished(() => strangers.forEach((socket) => void socket.destroy()));
    for (let count = 0; count < 256; count++) {
      const socket = createConnection(listener.address);
      strangers.push(socket);
      await once(socket, 'connect');
    }
    await expect(connectLocal(listener.address, 'right')).rejects.toMatchObject({ code: 'disconnected' });
    strangers[0]!.destroy();
    const port = await vi.waitFor(() => connectLocal(listener.address, 'right'));
    port.close();
  });

  it('does not wait for ever, on either side', async () => {
    const { listener } = await listen();
    const { address, remove } = await createLocalAddress();
    const silent = createServer().listen(address);
    await once(silent, 'listening');
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const connecting = connectLocal(address, 'right').catch((error: unknown) => error);
    const socket = createConnection(listener.address).resume();
    const closed = once(socket, 'close');
    await once(socket, 'connect');
    await vi.waitFor(() => expect(vi.getTimerCount()).toBeGreaterThanOrEqual(2), { interval: 1 });
    await vi.advanceTimersByTimeAsync(5_000);
    expect(await connecting).toMatchObject({ code: 'deadline' });
    await closed;
    silent.close();
    await remove();
  });

  it('says when nobody listens', async () => {
    await expect(connectLocal('/tmp/there-is-no-such-socket', 'right')).rejects.toMatchObject({ code: 'disconnected' });
  });
});

describe.skipIf(process.platform === 'win32')('the folder of the socket', () => {
  it('is private, short, and gone after the listener', async () => {
    const { listener } = await listen();
    const folder = dirname(listener.address);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(Buffer.byteLength(listener.address)).toBeLessThanOrEqual(100);
    await listener.close();
    expect(existsSync(folder)).toBe(false);
  });

  it('is short also where the temporary folder is not', async () => {
    vi.stubEnv('TMPDIR', `/tmp/${'long/'.repeat(30)}`);
    onTestFinished(() => void vi.unstubAllEnvs());
    const { listener } = await listen();
    expect(Buffer.byteLength(listener.address)).toBeLessThanOrEqual(100);
    expect(await connectLocal(listener.address, 'right').then((port) => port.close())).toBeUndefined();
  });
});

describe.each(['accepted', 'connected'] as const)('frames on a socket that was %s', (kind) => {
  /** A port, the one at its far end, and the socket of that. */
  async function portAndFar(): Promise<{ port: SocketPort; sender: SocketPort; socket: Socket }> {
    const { address, remove } = await createLocalAddress();
    const server = createServer({ pauseOnConnect: true }).listen(address);
    await once(server, 'listening');
    const connected = SocketPort.connectTo(address);
    const [socket] = (await once(server, 'connection')) as [Socket];
    const accepted = SocketPort.accepted(socket)!;
    onTestFinished(async () => {
      for (const end of [connected, accepted]) end.socket.destroy();
      server.close();
      await remove();
    });
    const [near, far] = kind === 'connected' ? [connected, accepted] : [accepted, connected];
    return { port: near.port, sender: far.port, socket: far.socket };
  }

  it('are put together from pieces of any size', async () => {
    const { port, socket } = await portAndFar();
    const frames: string[] = [];
    port.onFrame((frame) => void frames.push(Buffer.from(frame).toString()));
    const wire = Buffer.from('\0\0\0\x03one\0\0\0\0\0\0\0\x05three');
    for (const byte of wire) {
      socket.write(Uint8Array.of(byte));
      await new Promise(setImmediate);
    }
    socket.write(Buffer.concat([wire, wire]));
    await vi.waitFor(() => expect(frames).toEqual(Array.from({ length: 3 }, () => ['one', '', 'three']).flat()));
  });

  it('come whole and in order, whatever their sizes, and stay what they were', async () => {
    const { port, sender } = await portAndFar();
    const sizes = [0, 1, 16_379, 16_380, 16_381, 5, 16_384, 40_000, 1, 0, 3_000_000, 2, 70_000, 70_000, 16_377, 3];
    const sent = sizes.map((size, index) => Buffer.alloc(size, index + 1));
    const got: Uint8Array[] = [];
    port.onFrame((frame) => void got.push(frame));
    for (const frame of sent) sender.send(frame);
    await vi.waitFor(() => expect(got).toHaveLength(sizes.length));
    expect(got.map((frame, index) => Buffer.compare(frame, sent[index]!))).toEqual(sizes.map(() => 0));
  });

  it('are read into the same memory when nobody looks at those before any more', async () => {
    const { port, sender } = await portAndFar();
    const memories: ArrayBufferLike[] = [];
    const seen: string[] = [];
    port.onFrame((frame) => {
      memories.push(frame.buffer);
      seen.push(`${frame.length} ${frame[0]} ${frame.at(-1)}`);
      return 'done';
    });
    for (const [index, size] of [300_000, 100_000, 300_000].entries()) {
      sender.send(Buffer.alloc(size, index));
      await vi.waitFor(() => expect(seen).toHaveLength(index + 1));
    }
    expect(seen).toEqual(['300000 0 0', '100000 1 1', '300000 2 2']);
    expect(new Set(memories).size).toBe(1);
  });

  it('stop while the port is paused, and hold the sender back', async () => {
    const { port, sender } = await portAndFar();
    let bytes = 0;
    port.onFrame((frame) => void (bytes += frame.byteLength));
    port.pause();
    let sent = 0;
    while (sender.send(new Uint8Array(1024 * 1024))) await new Promise((resolve) => setTimeout(resolve, 5, sent++));
    let drained = false;
    const waiting = sender.drained().then(() => (drained = true));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(drained).toBe(false);
    expect(bytes).toBeLessThanOrEqual(1024 * 1024);
    port.resume();
    await waiting;
    await vi.waitFor(() => expect(bytes).toBe((sent + 1) * 1024 * 1024));
  });
});
