/**
 * Memory for batches that are on their way: encoded, copied into a frame, and needed no more. A producer of a hundred megabytes a second
 * would else have the system hand out, and the collector take back, as much.
 */

/** Smaller batches get memory of their own, bytes. */
const LENT_BYTES_MIN = 32 * 1024;
/** And larger ones. */
const LENT_BYTES_MAX = 2 * 1024 * 1024;
/** What is kept for later, bytes. */
const KEPT_BYTES_MAX = 8 * 1024 * 1024;

export class BatchMemory {
  #kept: Buffer[] = [];
  #keptBytes = 0;

  /** What one append takes, to be given back together. */
  lease(): BatchLease {
    const lent: Buffer[] = [];
    return {
      take: (bytes) => {
        if (bytes < LENT_BYTES_MIN || bytes > LENT_BYTES_MAX) return Buffer.allocUnsafe(bytes);
        const buffer = this.#take(bytes);
        lent.push(buffer);
        return buffer;
      },
      giveBack: () => {
        for (const buffer of lent.splice(0)) this.#keep(buffer);
      },
    };
  }

  #take(bytes: number): Buffer {
    const at = this.#kept.findIndex((buffer) => buffer.length >= bytes);
    if (at < 0) return Buffer.allocUnsafeSlow(nextPowerOfTwo(bytes));
    const [buffer] = this.#kept.splice(at, 1) as [Buffer];
    this.#keptBytes -= buffer.length;
    return buffer;
  }

  #keep(buffer: Buffer): void {
    if (this.#keptBytes + buffer.length > KEPT_BYTES_MAX) return;
    this.#kept.push(buffer);
    this.#keptBytes += buffer.length;
  }
}

export interface BatchLease {
  /** At least so many bytes, whatever they are. */
  take(bytes: number): Buffer;
  /** Nothing that was taken is looked at any more. Where that is not sure it is not called: the collector takes back what is lost. */
  giveBack(): void;
}

function nextPowerOfTwo(bytes: number): number {
  return 2 ** Math.ceil(Math.log2(bytes));
}
