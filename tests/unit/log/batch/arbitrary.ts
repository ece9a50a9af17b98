/** Records of every shape: null, empty and large fields, timestamps over the whole of int64. */
import fc from 'fast-check';
import type { NewRecord } from '../../../../main/log/index.ts';

const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;

const bytes = fc.uint8Array({ maxLength: 300 });
const maybeBytes = fc.option(bytes, { nil: null, freq: 4 });

export const timestamp = fc.oneof(
  { weight: 4, arbitrary: fc.bigInt({ min: 1_600_000_000_000n, max: 1_900_000_000_000n }) },
  fc.bigInt({ min: INT64_MIN, max: INT64_MAX }),
  fc.constantFrom(-1n, 0n, -39_508_000_000_000n, INT64_MIN, INT64_MAX, 2n ** 53n, 2n ** 53n - 1n, -(2n ** 53n), 2n ** 48n, -(2n ** 47n)),
);

export const newRecord: fc.Arbitrary<NewRecord> = fc.record({
  key: maybeBytes,
  value: maybeBytes,
  headers: fc.array(fc.tuple(fc.string({ unit: 'grapheme', maxLength: 20 }), maybeBytes), { maxLength: 4 }),
  timestamp,
});

export const newRecords = fc.array(newRecord, { minLength: 1, maxLength: 100 });
