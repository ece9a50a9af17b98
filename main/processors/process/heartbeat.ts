/** What a processor's process tells its watchdog (watchdogThread.ts), in memory that both see: whether a step is under way, and which. */

const STEP = 0;
const IS_UNDER_WAY = 1;

export interface Heartbeat {
  /** A step begins: from now on, until `rest`, another must follow soon. */
  beat(): void;
  /** Nothing is under way. */
  rest(): void;
}

export function createHeartbeat(): { memory: SharedArrayBuffer; heartbeat: Heartbeat } {
  const memory = new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT);
  const cells = new Int32Array(memory);
  return {
    memory,
    heartbeat: {
      beat() {
        Atomics.add(cells, STEP, 1);
        Atomics.store(cells, IS_UNDER_WAY, 1);
      },
      rest: () => void Atomics.store(cells, IS_UNDER_WAY, 0),
    },
  };
}

/** The number of the step under way; null between two. */
export function stepUnderWay(memory: SharedArrayBuffer): number | null {
  const cells = new Int32Array(memory);
  return Atomics.load(cells, IS_UNDER_WAY) === 1 ? Atomics.load(cells, STEP) : null;
}
