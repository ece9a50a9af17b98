import { EventEmitter, once } from 'node:events';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { expect, it } from 'vitest';
import { messagePort } from '../../../main/rpc/adapters/messagePort.ts';

/** As Electron's MessagePortMain: an EventEmitter whose messages come as `{ data }`, and nothing of an EventTarget. */
class MainPort extends EventEmitter {
  readonly #port: MessagePort;

  constructor(port: MessagePort) {
    super();
    this.#port = port;
  }
  start() {
    this.#port.on('message', (data) => this.emit('message', { data, ports: [] }));
    this.#port.on('close', () => this.emit('close'));
  }
  postMessage(message: unknown) {
    this.#port.postMessage(message);
  }
  close() {
    this.#port.close();
  }
}

it('speaks with a port that has its events as an emitter', async () => {
  const { port1, port2 } = new MessageChannel();
  const main = messagePort(new MainPort(port1));
  const page = messagePort(port2);
  const received = new Promise((resolve) => main.onFrame(resolve));
  page.onFrame((frame) => void page.send(frame));
  page.send(Uint8Array.of(1, 2, 3));
  expect(await received).toEqual(Uint8Array.of(1, 2, 3));
  const closed = new Promise<void>((resolve) => main.onClose(() => resolve()));
  page.close();
  await closed;
});

it('posts a view without the rest of its buffer', async () => {
  const { port1, port2 } = new MessageChannel();
  const received = once(port2, 'message');
  messagePort(port1).send(new Uint8Array(new ArrayBuffer(1_000_000), 10, 3));
  const [message] = (await received) as [Uint8Array];
  expect(message.buffer.byteLength).toBe(3);
  port1.close();
});

it('closes on a message that is no frame', async () => {
  const { port1, port2 } = new MessageChannel();
  const port = messagePort(port1);
  const reason = new Promise((resolve) => port.onClose(resolve));
  port.onFrame(() => {});
  port2.postMessage('hello');
  expect(await reason).toMatch('frame of bytes');
});
