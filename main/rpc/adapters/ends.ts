/** What every adapter keeps: who receives frames, frames that came before there was anyone, and that closing happens once. */
export class Ends {
  #receive: ((frame: Uint8Array) => void) | undefined;
  #closed: ((reason?: string) => void) | undefined;
  #early: Uint8Array[] = [];
  #reason: string | undefined;
  isClosed = false;

  onFrame(receive: (frame: Uint8Array) => void): void {
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

  deliver(frame: Uint8Array): void {
    if (this.isClosed) return;
    if (this.#receive) this.#receive(frame);
    else this.#early.push(frame);
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
