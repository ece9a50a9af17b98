/**
 * The way to the engine, and the only place where the page asks which host it is in. On the desktop the window is handed a message
 * port straight to the engine; on the web it opens a WebSocket to where it came from.
 */
import type { LabClient } from '../../../main/api/index.ts';
import { labContract } from '../../../main/api/index.ts';
import { createPeer } from '../../../main/rpc/peer.ts';
import { desktopPort } from './desktop.ts';
import { webPort } from './web.ts';

/** A live connection to the engine. Where it ends, another is made. */
export interface Link {
  client: LabClient;
  /** Called once, when the connection ends. */
  onClose(closed: (reason?: string) => void): void;
  close(): void;
}

/** Shows the workspace's folder in the file manager; null where the host has none: a browser shows its path alone. */
export const revealWorkspace: (() => Promise<void>) | null = window.labHost ? () => window.labHost!.revealWorkspace() : null;

/** Whether the page may write into a file that the user picks. The desktop app grants its page no file system: it downloads. */
export const writesPickedFiles = !window.labHost;

/** Whether a link can open a tab beside this one: the desktop app has one window. */
export const opensTabs = !window.labHost;

/** Rejects with a LabError where the engine can not be reached now. */
export async function connect(): Promise<Link> {
  const port = await (window.labHost ? desktopPort(window.labHost) : webPort());
  const peer = createPeer(port);
  return { client: peer.client(labContract), onClose: (closed) => peer.onClose(closed), close: () => peer.close() };
}
