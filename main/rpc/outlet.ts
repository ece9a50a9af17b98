/** The way out of a peer: frames are encoded, measured and sent here. */
import { cannotTravel, frameTooLarge } from './failures.ts';
import { encodeFrame, type Frame } from './codec.ts';
import { FRAME_BYTES_MAX, type Port } from './port.ts';
import type { LentBytes } from './values.ts';

export class Outlet {
  readonly #port: Port;
  #lastInLine: Promise<void> = Promise.resolve();

  constructor(port: Port) {
    this.#port = port;
  }

  /** A frame without a value of the application's: it always fits. */
  send(frame: Frame): void {
    this.#send(encodeFrame(frame));
  }

  /** A frame with one. Throws a LabError when it cannot travel (`unfit`) or is larger than FRAME_BYTES_MAX (`too-many`); nothing is sent then. */
  sendValue(frame: Frame, method: string, unfit: 'bad-input' | 'internal'): void {
    const lent = encoded(frame, method, unfit);
    if (lent.bytes.byteLength > FRAME_BYTES_MAX) throw frameTooLarge(method, lent.bytes.byteLength);
    this.#send(lent);
  }

  /** Waits until the port has room. One caller at a time is let through, else all who wait would fill it at once. */
  room(): Promise<void> {
    this.#lastInLine = this.#lastInLine.then(() => this.#port.drained());
    return this.#lastInLine;
  }

  #send({ bytes, giveBack }: LentBytes): void {
    this.#port.send(bytes, giveBack);
  }
}

function encoded(frame: Frame, method: string, unfit: 'bad-input' | 'internal'): LentBytes {
  try {
    return encodeFrame(frame);
  } catch (cause) {
    throw cannotTravel(unfit, method, cause);
  }
}
