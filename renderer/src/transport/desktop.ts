/** The desktop's way: the preload asks the main process, which answers with one end of a message channel. */
import { LabError } from '../../../main/api/errors.ts';
import { messagePort } from '../../../main/rpc/adapters/messagePort.ts';
import type { Port } from '../../../main/rpc/port.ts';

/** What the desktop's preload offers the page. */
export interface LabHost {
  requestPort(): void;
}

declare global {
  interface Window {
    labHost?: LabHost;
  }
}

/** The engine may be starting; a port that is not there by then is asked for again, milliseconds. */
const PORT_WAIT_MS = 10_000;

export function desktopPort(host: LabHost): Promise<Port> {
  return new Promise((resolve, reject) => {
    const arrived = new AbortController();
    const timer = setTimeout(() => {
      arrived.abort();
      reject(new LabError('disconnected', 'The engine of the lab has not answered yet.'));
    }, PORT_WAIT_MS);
    const receive = (event: MessageEvent): void => {
      const port = event.ports[0];
      if (event.source !== window || event.data !== 'lab:port' || !port) return;
      arrived.abort();
      clearTimeout(timer);
      resolve(messagePort(port));
    };
    window.addEventListener('message', receive, { signal: arrived.signal });
    host.requestPort();
  });
}
