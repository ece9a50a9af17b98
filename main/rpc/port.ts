/**
 * Port: the whole transport seam. A port carries whole frames of bytes, in order, both ways, and tells when the other side has gone.
 * What frames mean is Peer's business (peer.ts); how they travel is an adapter's (adapters/).
 */

/** Largest frame that a port sends or accepts, bytes. A larger one closes the port with a `protocol` error. */
export const FRAME_BYTES_MAX = 16 * 1024 * 1024;

/** While this many bytes wait to leave, `drained()` holds its callers back. */
export const PORT_BUFFER_BYTES_MAX = 4 * 1024 * 1024;

export interface Port {
  /** Sends one frame. The caller gives the bytes away and does not change them afterwards. A closed port drops it silently. */
  send(frame: Uint8Array): void;
  /** Resolves at once while less than PORT_BUFFER_BYTES_MAX waits to leave, else when it has; also when the port closes. */
  drained(): Promise<void>;
  /** The one receiver of frames; set once, before the next turn of the event loop, so that no frame is missed. */
  onFrame(receive: (frame: Uint8Array) => void): void;
  /** Called once, when the port is closed by either side; `reason` is a sentence where there is one. */
  onClose(closed: (reason?: string) => void): void;
  close(reason?: string): void;
}
