/** The child's end of its control channel, the same for a forked Node process and for a utility process of Electron. */

/** A port that came with a message, as Electron hands it over (MessagePortMain); opaque here. */
export type TransferredPort = unknown;

export interface ParentChannel {
  post(message: unknown): void;
  onMessage(receive: (message: unknown, ports: TransferredPort[]) => void): void;
  /** The parent is gone: the child must end. */
  onClose(closed: () => void): void;
}

/** What `process.parentPort` is inside a utility process. */
interface ElectronParentPort {
  postMessage(message: unknown): void;
  on(event: 'message', listener: (event: { data: unknown; ports: TransferredPort[] }) => void): void;
}

/** The channel to whoever started this process. Throws where nobody did. */
export function parentChannel(): ParentChannel {
  const port = (process as unknown as { parentPort?: ElectronParentPort }).parentPort;
  if (port) {
    return {
      post: (message) => port.postMessage(message),
      onMessage: (receive) => port.on('message', (event) => receive(event.data, event.ports)),
      // Electron ends its utility processes itself when its main process ends.
      onClose: () => {},
    };
  }
  if (!process.send) throw new Error('This program is started by the lab, not by hand.');
  return {
    post: (message) => void process.send?.(message),
    onMessage: (receive) => process.on('message', (message) => receive(message, [])),
    onClose: (closed) => process.once('disconnect', closed),
  };
}
