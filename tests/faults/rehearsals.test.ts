/** Time travel in a rehearsal: random events, orders, processors and walks, a thousand of them. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { aCase, tryTimeTravel } from '../unit/processors/rehearsal/timeTravel.ts';

const CASES = 1_000;

it('every position is what a run from the start comes to', async () => {
  const seed = Number(process.env.FAULTS_SEED);
  await expect(fc.assert(fc.asyncProperty(aCase, tryTimeTravel), { numRuns: CASES, seed })).resolves.toBeUndefined();
}, 600_000);
