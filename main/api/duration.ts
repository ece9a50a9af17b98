/** Durations as people write them: 500ms, 90s, 1.5h, 7 d. */

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Whole milliseconds. Null for anything else. */
export function parseDuration(text: string): number | null {
  const [, count, unit] = /^(\d{1,9}(?:\.\d{1,9})?) ?(ms|s|m|h|d)$/.exec(text) ?? [];
  const ms = count === undefined ? Number.NaN : Number(count) * UNIT_MS[unit!]!;
  return Number.isSafeInteger(ms) ? ms : null;
}
