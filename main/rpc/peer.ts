/**
 * Peer: calls, streams with credit, cancel and deadline over a Port. The two ends are equal: each may serve a contract and call
 * the other's. asking.ts is the half that asks, serving.ts the half that answers, codec.ts the layout of the frames.
 *
 * - A call that the caller cancels, or whose deadline passes, rejects at once; the handler's signal aborts.
 * - When the port closes, everything that waits rejects with `disconnected`; every handler's signal aborts, every iterable is returned.
 * - A frame that breaks the protocol closes the port, and nothing else.
 */
import type { Client, Contract } from '../api/contract.ts';
import { toLabError } from '../api/errors.ts';
import { Asking } from './asking.ts';
import { CALL, CANCEL, CREDIT, decodeFrame, OPEN, type AskingFrame, type Frame } from './codec.ts';
import { Methods, type Served } from './methods.ts';
import { Outlet } from './outlet.ts';
import type { Port } from './port.ts';
import { Serving } from './serving.ts';

export interface Peer {
  /** Typed methods that ask the other side. */
  client<C extends Contract>(contract: C): Client<C>;
  /** Resolves when the port is closed, by either side. */
  readonly closed: Promise<void>;
  /** Calls back once, when the port is closed; at once if it is already. */
  onClose(listener: (reason?: string) => void): void;
  close(reason?: string): void;
}

export interface PeerOptions<C extends Contract> {
  /** What the other side may ask. Without it every call is answered by a `protocol` error. */
  serve?: Served<C>;
}

export function createPeer<C extends Contract>(port: Port, options: PeerOptions<C> = {}): Peer {
  const outlet = new Outlet(port);
  const asking = new Asking(outlet);
  const serving = new Serving(outlet, new Methods(options.serve as Served<Contract> | undefined));
  const { promise: closing, resolve: closed } = Promise.withResolvers<string | undefined>();
  let isClosed = false;

  const close = (reason?: string) => {
    if (isClosed) return;
    isClosed = true;
    port.close(reason);
    asking.disconnect(reason);
    serving.disconnect(reason);
    closed(reason);
  };
  port.onClose(close);
  port.onFrame((bytes) => {
    if (isClosed) return;
    try {
      const frame = decodeFrame(bytes);
      if (isAsking(frame)) return serving.receive(frame);
      asking.receive(frame);
    } catch (error) {
      close(toLabError(error).message);
    }
  });

  return {
    client: (contract) => buildClient(contract, asking),
    closed: closing.then(() => {}),
    onClose: (listener) => void closing.then(listener),
    close,
  };
}

function isAsking(frame: Frame): frame is AskingFrame {
  return frame[0] === CALL || frame[0] === OPEN || frame[0] === CANCEL || frame[0] === CREDIT;
}

function buildClient<C extends Contract>(contract: C, asking: Asking): Client<C> {
  const domains = Object.entries(contract).map(([domain, declarations]) => {
    const methods = Object.entries(declarations).map(([name, declared]) => {
      const method = `${domain}.${name}`;
      if (declared.kind === 'call') {
        const { deadlineMs } = declared;
        return [name, (input: unknown, options?: object) => asking.call(method, input, { deadlineMs, ...options })];
      }
      const { credit } = declared;
      return [name, (input: unknown, options?: { signal?: AbortSignal }) => asking.stream(method, input, { ...options, credit })];
    });
    return [domain, Object.fromEntries(methods)];
  });
  return Object.fromEntries(domains);
}
