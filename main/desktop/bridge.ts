/**
 * What the page sees of the desktop, as `window.labHost`. It is there in the desktop app alone: its absence says that a web host serves.
 *
 * The way to the engine: the page listens for `message` events of its own window, calls `requestPort()`, and gets one with the data
 * PORT_MESSAGE and one MessagePort in `ports`, each frame of main/rpc one message on it. It comes as soon as an engine runs: a request
 * waits while there is none, and further ones meanwhile are the same request. The port closes when the engine ends (or another
 * workspace opens, which loads the page anew); the page then asks for another.
 */
import type { EngineState } from '../processes/engineSupervisor.ts';

export interface LabHost {
  host: 'desktop';
  /** As Node says it: 'darwin', 'win32', 'linux'. */
  platform: string;
  requestPort(): void;
  /** Called with the present state soon, then with each change. Returns what ends it. */
  onEngineState(listener: (state: EngineState) => void): () => void;
  /** Shows the open workspace's folder in the file manager. */
  revealWorkspace(): Promise<void>;
}

/** The data of the message that brings the port, to the preload as to the page. */
export const PORT_MESSAGE = 'lab:port';

/** Channels between preload and main process. */
export const channels = {
  requestPort: 'lab:requestPort',
  port: PORT_MESSAGE,
  engineState: 'lab:engineState',
  revealWorkspace: 'lab:revealWorkspace',
} as const;
