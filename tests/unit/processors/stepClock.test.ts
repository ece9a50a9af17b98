/** When a step takes too long: by what is computed, not by the clock on the wall. */
import { expect, it } from 'vitest';
import { createStepClock, STEP_MS_MAX, STEP_WALL_MS_MAX } from '../../../main/processors/process/stepClock.ts';

const TOO_LONG = 'It did not come to an end within 3 seconds';

function clockAt(): { pass(wallMs: number, computedMs: number): void; look(step: number | null): string | null } {
  const times = { wallMs: 1_000, computedMs: 50 };
  const clock = createStepClock(() => ({ ...times }));
  return {
    pass(wallMs, computedMs) {
      times.wallMs += wallMs;
      times.computedMs += computedMs;
    },
    look: (step) => clock.look(step),
  };
}

it('a step that computes for too long', () => {
  const { pass, look } = clockAt();
  expect(look(1)).toBeNull();
  pass(STEP_MS_MAX, STEP_MS_MAX);
  expect(look(1)).toBeNull();
  pass(1, 1);
  expect(look(1)).toBe(TOO_LONG);
});

it('one on a machine that is busy with other things has its time to compute', () => {
  const { pass, look } = clockAt();
  look(1);
  pass(20 * STEP_MS_MAX, STEP_MS_MAX - 1);
  expect(look(1)).toBeNull();
  pass(100, 2);
  expect(look(1)).toBe(TOO_LONG);
});

it('threads beside it do not use up its time', () => {
  const { pass, look } = clockAt();
  look(1);
  pass(STEP_MS_MAX - 1, 2 * STEP_MS_MAX);
  expect(look(1)).toBeNull();
});

it('another step, and none, begin anew', () => {
  const { pass, look } = clockAt();
  look(1);
  pass(STEP_MS_MAX, STEP_MS_MAX);
  expect(look(2)).toBeNull();
  pass(STEP_MS_MAX, STEP_MS_MAX);
  expect(look(2)).toBeNull();
  expect(look(null)).toBeNull();
  pass(STEP_MS_MAX, STEP_MS_MAX);
  expect(look(3)).toBeNull();
});

it('one that waits and computes nothing comes to an end, too', () => {
  const { pass, look } = clockAt();
  look(1);
  pass(STEP_WALL_MS_MAX + 1, 0);
  expect(look(1)).toBe('It did not come to an end within 120 seconds');
});
