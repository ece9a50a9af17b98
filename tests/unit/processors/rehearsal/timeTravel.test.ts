/** A few cases of each kind here; a thousand in tests/faults/rehearsals.test.ts. */
import fc from 'fast-check';
import { afterAll, beforeAll, it } from 'vitest';
import { TimeTravel } from './timeTravel.ts';
import { aCase, KINDS } from './timeTravelCases.ts';

let travel: TimeTravel;
beforeAll(() => void (travel = new TimeTravel()));
afterAll(() => travel.close());

it.each(Object.keys(KINDS))('every position is what a run from the start comes to: %s, and a column behind it', async (kind) => {
  await fc.assert(
    fc.asyncProperty(aCase, (each) => travel.try({ ...each, kind })),
    { numRuns: 6 },
  );
});
