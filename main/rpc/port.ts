/**
 * Port: the whole transport seam. A port carries whole frames of bytes, in order, both ways, and tells when the other side has gone.
 * What frames mean is Peer's business (peer.ts); how they travel is an adapter's (adapters/).
 */

/** Largest frame that a port sends or accepts, bytes. A larger one that comes in closes the port. */
export const FRAME_BYTES_MAX = 16 * 1024 * 1024;

/** While this many bytes wait to leave, `drained()` holds its callers back. */
export const PORT_BUFFER_BYTES_MAX = 4 * 1024 * 1024;

/** Gets one frame after the other. `done` says that nobody looks at the bytes any more: their memory may be used for the next ones. */
export type ReceiveFrame = (frame: Uint8Array) => 'done' | void;

export interface Port {
  /**
   * Sends one frame. The caller does not change the bytes before `left` is called. A closed port drops it silently.
   * False says that PORT_BUFFER_BYTES_MAX or more now waits to leave; the frame is taken all the same.
   * `left`: called when the bytes have left the caller's memory, so that it can be used again; never where the other side gets the memory
   * itself, or where the frame did not leave.
   */
  send(frame: Uint8Array, left?: () => void): boolean;
  /** Resolves at once while less than PORT_BUFFER_BYTES_MAX waits to leave, else when it has; also when the port closes. */
  drained(): Promise<void>;
  /** The one receiver of frames. Frames that come before it is set are held for it: set it soon. */
  onFrame(receive: ReceiveFrame): void;
  /** Asks for no more frames until `resume()`. Those under way may still come, and a carrier that cannot pause goes on. */
  pause(): void;
  resume(): void;
  /**
   * The one receiver of the close: called once, when either side closes the port, or soon when it is closed already;
   * `reason` is a sentence where there is one.
   */
  onClose(closed: (reason?: string) => void): void;
  /** Frames sent before are still delivered where the carrier can. */
  close(reason?: string): void;
}
