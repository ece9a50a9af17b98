/** Ten cases of each kind here; a thousand in tests/faults/rehearsals.test.ts. */
import fc from 'fast-check';
import { it } from 'vitest';
import { aCase, KINDS, tryTimeTravel } from './timeTravel.ts';

it.each(Object.keys(KINDS))('every position is what a run from the start comes to: %s, and a column behind it', async (kind) => {
  await fc.assert(
    fc.asyncProperty(aCase, (each) => tryTimeTravel({ ...each, kind })),
    { numRuns: 10 },
  );
});
