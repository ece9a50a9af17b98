/**
 * What all connections of a broker hold together. Requests that were not answered yet, and answers that were not taken yet, are bounded: beyond
 * that no connection is read from, or answered, until others have let go of theirs.
 */

/** Requests, in part or whole, that wait for their answers, bytes. Beyond it no new request is read; those that have begun may double it. */
export const RECEIVED_BYTES_MAX = 64 * 1024 * 1024;
/** Answers that clients have not taken yet, bytes. Beyond it nothing new is answered, but for what is being answered already. */
export const UNSENT_BYTES_MAX = 64 * 1024 * 1024;

export class Memory {
  #received = 0;
  #unsent = 0;
  readonly #waiting = new Set<() => void>();

  get mayReceive(): boolean {
    return this.#received < RECEIVED_BYTES_MAX;
  }

  /** Also not the rest of what has begun. */
  get isExhausted(): boolean {
    return this.#received > 2 * RECEIVED_BYTES_MAX;
  }

  get mayAnswer(): boolean {
    return this.#unsent < UNSENT_BYTES_MAX;
  }

  received(bytes: number): void {
    this.#received += bytes;
    if (bytes < 0) this.#tell();
  }

  unsent(bytes: number): void {
    this.#unsent += bytes;
    if (bytes < 0) this.#tell();
  }

  /** Called whenever somebody has let go of something, until the returned function is called. */
  onRoom(listener: () => void): () => void {
    this.#waiting.add(listener);
    return () => this.#waiting.delete(listener);
  }

  #tell(): void {
    for (const listener of [...this.#waiting]) listener();
  }
}
