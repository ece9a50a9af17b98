/** The frame limit, as all adapters check it. */
import { FRAME_BYTES_MAX } from '../port.ts';

/** What a port is closed with when a larger frame comes in. */
export const FRAME_TOO_LARGE = `A frame was larger than FRAME_BYTES_MAX, ${FRAME_BYTES_MAX} bytes.`;

/** What a port is closed with when something else than bytes comes in. */
export const NOT_BYTES = 'Something else than a frame of bytes came in.';

/** Says why an incoming message is no frame, or gives the frame. */
export function asFrame(data: unknown): Uint8Array | string {
  const frame = data instanceof ArrayBuffer ? new Uint8Array(data) : data;
  if (!ArrayBuffer.isView(frame)) return NOT_BYTES;
  if (frame.byteLength > FRAME_BYTES_MAX) return FRAME_TOO_LARGE;
  return new Uint8Array(frame.buffer, frame.byteOffset, frame.byteLength);
}
