/** Random records of every shape that the format knows. */
import type { NewRecord } from '../../../main/log/index.ts';
import type { Random } from '../seed.ts';

const INT64_MAX = 2n ** 63n - 1n;
/** 1 January AD 718, milliseconds. */
const YEAR_718 = -39_508_300_800_000n;

const names = ['trace', 'trace', 'content-type', '', 'größe', '名前', '🧪', 'x'.repeat(300)];

/** Kafka's reader takes any int64; its builder refuses what lies before 1970, unless it is -1, "none". */
export type Timestamps = 'any' | 'since 1970';

export function randomRecords(random: Random, count: number, timestamps: Timestamps): NewRecord[] {
  // Records of one batch mostly lie close together, which is what deltas are made for; some do not.
  const around = 1_500_000_000_000n + BigInt(random.between(0, 300_000_000)) * 1000n;
  const timestamp = (): bigint => {
    if (random.chance(0.95)) return around + BigInt(random.between(-500_000, 500_000));
    const far = [-1n, 0n, 2n ** 53n + 1n, 253_402_300_800_000n, INT64_MAX - 1n];
    return random.pick(timestamps === 'any' ? [...far, YEAR_718, -2n, -(2n ** 63n), INT64_MAX] : far);
  };
  return Array.from({ length: count }, () => ({
    key: randomBytes(random),
    value: randomBytes(random),
    headers: Array.from(
      { length: random.chance(0.7) ? 0 : random.between(1, 5) },
      () => [random.pick(names), randomBytes(random)] as const,
    ),
    timestamp: timestamp(),
  }));
}

function randomBytes(random: Random): Buffer | null {
  const kind = random.between(0, 9);
  if (kind === 0) return null;
  if (kind === 1) return Buffer.alloc(0);
  // Lengths on both sides of where their varint grows.
  return random.bytes(kind === 2 ? random.between(60, 70) : random.between(1, 40));
}
