/**
 * Whether a step of a processor takes too long. What counts is what its process computes, for the time on the wall goes on while a machine that is
 * busy with other things lets it do nothing.
 */

/** Longest that one step may compute, milliseconds. */
export const STEP_MS_MAX = 3_000;
/** Longest that one step may take by the clock on the wall, whatever it does, milliseconds. */
export const STEP_WALL_MS_MAX = 120_000;

export interface StepTimes {
  wallMs: number;
  computedMs: number;
}

export interface StepClock {
  /** `step`: the one under way, null between two. Answers what is wrong with it, or null. */
  look(step: number | null): string | null;
}

export function createStepClock(now: () => StepTimes): StepClock {
  let step: number | null = null;
  let since = now();
  return {
    look(current) {
      const times = now();
      if (current !== step) {
        step = current;
        since = times;
      }
      if (current === null) return null;
      const wallMs = times.wallMs - since.wallMs;
      // Other threads compute, too, so that they could be ahead of the wall.
      if (Math.min(wallMs, times.computedMs - since.computedMs) > STEP_MS_MAX) return tooLong(STEP_MS_MAX);
      return wallMs > STEP_WALL_MS_MAX ? tooLong(STEP_WALL_MS_MAX) : null;
    },
  };
}

const tooLong = (ms: number): string => `It did not come to an end within ${ms / 1_000} seconds`;
