/** A port over the WebSocket of a browser (or Node's own): the page's end. Each frame is one binary message. */
import type { Port } from '../port.ts';
import { closeArguments } from './closeReason.ts';
import { Ends } from './ends.ts';
import { asFrame } from './sizes.ts';
import { Waiters } from './waiters.ts';
import { whyRefused } from './whyRefused.ts';

/** A WebSocket has no event for "sent"; while someone waits for room it is asked this often, milliseconds. */
const DRAIN_POLL_MS = 10;

/** Resolves when the socket is open. Rejects with a LabError that says why it is not: `unauthorized`, `protocol` or `disconnected`. */
export function connectWebSocket(url: string): Promise<Port> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url);
    const opened = new AbortController();
    socket.binaryType = 'arraybuffer';
    // An error is always followed by a close.
    socket.addEventListener('close', () => void whyRefused(url).then(reject), { once: true, signal: opened.signal });
    socket.addEventListener(
      'open',
      () => {
        opened.abort();
        resolve(webSocketPort(socket));
      },
      { once: true },
    );
  });
}

/** @param socket open, its binaryType 'arraybuffer' */
function webSocketPort(socket: WebSocket): Port {
  const ends = new Ends();
  const waiters = new Waiters(() => (ends.isClosed ? 0 : socket.bufferedAmount));
  const close = (reason?: string) => {
    if (!ends.close(reason)) return;
    waiters.check();
    socket.close(...closeArguments(reason));
  };
  socket.addEventListener('close', (event) => close(event.reason || undefined));
  socket.addEventListener('message', (event) => {
    const frame = asFrame(event.data);
    if (typeof frame === 'string') close(frame);
    else ends.deliver(frame);
  });
  const poll = () => {
    waiters.check();
    if (!waiters.isEmpty) setTimeout(poll, DRAIN_POLL_MS);
  };
  return {
    send(frame, left) {
      if (ends.isClosed) return true;
      // It is copied at once.
      socket.send(frame as Uint8Array<ArrayBuffer>);
      left?.();
      return waiters.hasRoom;
    },
    drained() {
      const isFirst = waiters.isEmpty;
      const drained = waiters.drained();
      if (isFirst) poll();
      return drained;
    },
    onFrame: (receive) => ends.onFrame(receive),
    pause() {},
    resume() {},
    onClose: (closed) => ends.onClose(closed),
    close,
  };
}
