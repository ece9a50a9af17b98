/**
 * Passes the frames of two ports to each other, unread: the web host's place between a page and the engine. When one side
 * cannot keep up, the other is paused; when one closes, so does the other.
 */
import type { Port } from '../port.ts';

export function relayPorts(a: Port, b: Port): void {
  pass(a, b);
  pass(b, a);
}

function pass(from: Port, to: Port): void {
  from.onClose((reason) => to.close(reason));
  from.onFrame((frame) => {
    if (to.send(frame)) return;
    from.pause();
    void to.drained().then(() => from.resume());
  });
}
