import { expect, it } from 'vitest';
import { lagOf } from '../../../main/processors/lag.ts';

/** 100 were appended, 30 of them are trimmed; offsets have gaps. */
const shard = { startOffset: 50n, nextOffset: 200n, recordsTotal: 100n, recordsTrimmed: 30n };

it.each([
  ['has read all', 200n, 100n, 0],
  ['has read all, and was not told where that is', 200n, null, 0],
  ['has read some', 120n, 60n, 40],
  ['has read nothing, and stands at the beginning', 50n, null, 70],
  ['has read nothing, and what it would have begun with is trimmed', 0n, null, 70],
  ['has read nothing, and stands in the middle: it is not known', 120n, null, null],
])('who %s', (_who, position, row, lag) => expect(lagOf(shard, position, row)).toBe(lag));
