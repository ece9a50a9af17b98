/** A client that says exactly what a test wants said: a socket and the messages of our own codec. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { type Api, readResponse, type RequestOf, writeRequest } from '../../../../main/endpoints/kafka/wire/api.ts';
import type { Fields, Input, Value } from '../../../../main/endpoints/kafka/wire/fields.ts';
import { Frames } from '../../../../main/endpoints/kafka/frames.ts';
import { encodeBatch } from '../../../../main/log/index.ts';

export class WireClient {
  readonly socket: Socket;
  readonly #frames = new Frames();
  readonly #waiting: ((frame: Buffer) => void)[] = [];
  #correlationId = 0;
  isClosed = false;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (piece: Buffer) => {
      for (const frame of this.#frames.take(piece)) this.#waiting.shift()?.(frame);
    });
    // Each request that waits listens for the end.
    socket.setMaxListeners(0);
    socket.on('error', () => {});
    socket.on('close', () => (this.isClosed = true));
  }

  /** To "host:port"; closed when the test ends. */
  static async to(address: string): Promise<WireClient> {
    const [host, port] = address.split(':') as [string, string];
    const socket = connect(Number(port), host);
    await once(socket, 'connect');
    onTestFinished(() => void socket.destroy());
    return new WireClient(socket);
  }

  /** Sends a request; resolves with its answer. Rejects when the connection is closed before. */
  async ask<Q extends Fields, S extends Fields>(api: Api<Q, S>, version: number, body: Input<Q>): Promise<Value<S>> {
    let correlationId = 0;
    const frame = await this.frame(() => (correlationId = this.send(api, version, body)));
    const response = readResponse(api, version, frame);
    if (response.correlationId !== correlationId) throw new Error(`Answer ${response.correlationId} came for request ${correlationId}.`);
    return response.body;
  }

  /** The next frame that nobody waits for yet, after `send`. Rejects when the connection is closed before. */
  async frame(send: () => void): Promise<Buffer> {
    const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
    const closed = (): void => reject(new Error('The connection was closed.'));
    this.#waiting.push(resolve);
    this.socket.once('close', closed);
    if (this.isClosed) closed();
    send();
    return await promise.finally(() => this.socket.off('close', closed));
  }

  /** Without waiting for an answer. */
  send<Q extends Fields>(api: Api<Q>, version: number, body: Input<Q>): number {
    const correlationId = ++this.#correlationId;
    this.socket.write(Buffer.concat(writeRequest(api, { version, correlationId, clientId: 'a test' }, body)));
    return correlationId;
  }

  closed(): Promise<unknown> {
    return this.isClosed ? Promise.resolve() : once(this.socket, 'close');
  }
}

export type Request<A> = A extends Api<infer _Q, infer _S> ? RequestOf<A> : never;

interface Numbering {
  producerId?: bigint;
  producerEpoch?: number;
  firstSequence?: number;
  attributes?: number;
}

export function batch(values: readonly string[], { timestamp = 1_000n, ...numbering }: Numbering & { timestamp?: bigint } = {}): Buffer {
  const records = values.map((value, index) => ({
    key: null,
    value: Buffer.from(value),
    headers: [],
    timestamp: timestamp + BigInt(index),
  }));
  return encodeBatch({ records, ...numbering });
}
