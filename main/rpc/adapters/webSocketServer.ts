/** A port over a socket of the `ws` package: the serving end of webSocket.ts. Node only. */
import type { ServerOptions, WebSocket } from 'ws';
import { FRAME_BYTES_MAX, type Port } from '../port.ts';
import { closeArguments } from './closeReason.ts';
import { Ends } from './ends.ts';
import { asFrame, NOT_BYTES } from './sizes.ts';
import { Waiters } from './waiters.ts';

/** For the WebSocketServer whose sockets become ports: the frame limit holds before a message is in memory. */
export const webSocketServerOptions = { maxPayload: FRAME_BYTES_MAX, perMessageDeflate: false } satisfies ServerOptions;

/** @param socket open; nothing is read from it before `onFrame` */
export function webSocketServerPort(socket: WebSocket): Port {
  const ends = new Ends();
  const waiters = new Waiters(() => (ends.isClosed ? 0 : socket.bufferedAmount));
  const close = (reason?: string) => {
    if (!ends.close(reason)) return;
    waiters.check();
    // A paused socket would never see the other side's part of the closing handshake.
    socket.resume();
    socket.close(...closeArguments(reason));
  };
  socket.pause();
  // 'close' follows, and is told then.
  socket.on('error', () => {});
  socket.on('close', (_code, reason) => close(reason.toString() || undefined));
  socket.on('message', (data, isBinary) => {
    const frame = isBinary ? asFrame(data) : NOT_BYTES;
    if (typeof frame === 'string') close(frame);
    else ends.deliver(frame);
  });
  return {
    send(frame, left) {
      if (ends.isClosed) return true;
      socket.send(frame, (failure) => {
        if (!failure) left?.();
        waiters.check();
      });
      return waiters.hasRoom;
    },
    drained: () => waiters.drained(),
    onFrame(receive) {
      ends.onFrame(receive);
      socket.resume();
    },
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    onClose: (closed) => ends.onClose(closed),
    close,
  };
}
