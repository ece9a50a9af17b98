/** The desktop's way: the preload asks the main process, which answers with one end of a message channel. */
import { LabError } from '../../../main/api/errors.ts';
import { messagePort } from '../../../main/rpc/adapters/messagePort.ts';
import type { Port } from '../../../main/rpc/port.ts';

/** How the engine does, as the desktop sees it from outside. */
export interface EngineState {
  state: string;
  /** A sentence, where there is something to say. */
  message: string | null;
}

/** What the desktop's preload offers the page (main/desktop/bridge.ts). */
export interface LabHost {
  requestPort(): void;
  /** Called with the present state soon, then with each change. Returns what ends it. */
  onEngineState(listener: (state: EngineState) => void): () => void;
  /** Shows the workspace's folder in the file manager. */
  revealWorkspace(): Promise<void>;
}

declare global {
  interface Window {
    labHost?: LabHost;
  }
}

/** The engine may be starting; a port that is not there by then is asked for again, milliseconds. */
const PORT_WAIT_MS = 10_000;

export function desktopPort(host: LabHost): Promise<Port> {
  const { promise, resolve, reject } = Promise.withResolvers<Port>();
  const settled = new AbortController();
  const receive = (event: MessageEvent): void => {
    const port = event.ports[0];
    if (event.source === window && event.data === 'lab:port' && port) resolve(messagePort(port));
  };
  window.addEventListener('message', receive, { signal: settled.signal });
  const timer = setTimeout(() => reject(new LabError('disconnected', 'The engine of the lab has not answered yet.')), PORT_WAIT_MS);
  // The desktop sees from outside that no engine will come, and why.
  const stopListening = host.onEngineState(({ state, message }) => {
    if (state === 'failed') reject(new LabError('internal', message ?? 'The engine of the lab ended, and is not started again.'));
  });
  host.requestPort();
  return promise.finally(() => {
    settled.abort();
    clearTimeout(timer);
    stopListening();
  });
}
