/**
 * A port over a message port: a browser's, node:worker_threads' or Electron's MessagePortMain. Each frame is one message, a
 * Uint8Array. A message port tells nothing of how much waits in it: what bounds it is the credit of streams and the limit of calls.
 */
import type { Port } from '../port.ts';
import { Ends } from './ends.ts';
import { asFrame } from './sizes.ts';

type Listener = (event: { data?: unknown }) => void;

interface MessagePortBase {
  postMessage(message: unknown): void;
  start(): void;
  close(): void;
}

/** The three kinds have events in two ways: as an EventTarget, or (Electron) as an EventEmitter. */
export type MessagePortLike = MessagePortBase &
  (
    | { addEventListener(type: 'message' | 'close', listener: Listener): void }
    | { on(type: 'message' | 'close', listener: Listener): unknown }
  );

export function messagePort(carrier: MessagePortLike): Port {
  const ends = new Ends();
  const close = (reason?: string) => {
    if (ends.close(reason)) carrier.close();
  };
  listen(carrier, 'close', () => close());
  listen(carrier, 'message', (event) => {
    const frame = asFrame(event.data);
    if (typeof frame === 'string') close(frame);
    else ends.deliver(frame);
  });
  return {
    send(frame, left) {
      if (ends.isClosed) return true;
      // It is copied at once.
      carrier.postMessage(compact(frame));
      left?.();
      return true;
    },
    drained: () => Promise.resolve(),
    onFrame(receive) {
      ends.onFrame(receive);
      carrier.start();
    },
    pause() {},
    resume() {},
    onClose: (closed) => ends.onClose(closed),
    close,
  };
}

/** A message carries the whole buffer that a view looks at: a view of a part is copied out first. */
function compact(frame: Uint8Array): Uint8Array {
  return frame.byteLength === frame.buffer.byteLength ? frame : new Uint8Array(frame);
}

function listen(carrier: MessagePortLike, type: 'message' | 'close', listener: Listener): void {
  if ('addEventListener' in carrier) carrier.addEventListener(type, listener);
  else carrier.on(type, listener);
}
