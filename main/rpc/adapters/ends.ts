/** What every adapter keeps: who receives frames, frames that came before there was anyone, and that closing happens once. */
import type { ReceiveFrame } from '../port.ts';

export class Ends {
  #receive: ReceiveFrame | undefined;
  #closed: ((reason?: string) => void) | undefined;
  #early: Uint8Array[] = [];
  #reason: string | undefined;
  isClosed = false;

  onFrame(receive: ReceiveFrame): void {
    this.#receive = receive;
    for (const frame of this.#early.splice(0)) this.deliver(frame);
  }

  /** Receives one frame; those after it are held until there is a receiver again. */
  onNextFrame(receive: (frame: Uint8Array) => void): void {
    this.onFrame((frame) => {
      this.#receive = undefined;
      receive(frame);
    });
  }

  onClose(closed: (reason?: string) => void): void {
    this.#closed = closed;
    if (this.isClosed) queueMicrotask(() => closed(this.#reason));
  }

  /** Whether nobody looks at the frame any more. */
  deliver(frame: Uint8Array): boolean {
    if (this.isClosed) return true;
    if (this.#receive) return this.#receive(frame) === 'done';
    this.#early.push(frame);
    return false;
  }

  /** Tells that the port is closed; false when that was told before. */
  close(reason?: string): boolean {
    if (this.isClosed) return false;
    this.isClosed = true;
    this.#reason = reason;
    this.#early = [];
    this.#closed?.(reason);
    return true;
  }
}
