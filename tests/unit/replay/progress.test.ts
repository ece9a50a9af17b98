import { describe, expect, it } from 'vitest';
import { MISSED_SHOWN_MAX, type MissedRange } from '../../../main/api/replays.ts';
import { NO_PROGRESS, Progress } from '../../../main/replay/progress.ts';

const trimmed = (from: bigint, until: bigint, shard = 0): MissedRange => ({ shard, from, until, why: 'They were trimmed.' });

function progressOf(...missed: MissedRange[]): Progress {
  const progress = new Progress(
    NO_PROGRESS,
    () => 0,
    () => {},
  );
  for (const range of missed) progress.missed(range);
  return progress;
}

describe('the events that a replay missed', () => {
  it('are one range where they adjoin: those that are trimmed while it waits, a batch after the other', () => {
    const { saved } = progressOf(trimmed(0n, 110n), trimmed(0n, 5n, 1), trimmed(110n, 170n), trimmed(200n, 210n));
    expect(saved.missed).toEqual([trimmed(0n, 170n), trimmed(0n, 5n, 1), trimmed(200n, 210n)]);
    expect(saved.missedRanges).toBe(3);
  });

  it('are told of once, however often it comes to them, and apart where they were missed for another reason', () => {
    const damaged = { shard: 0, from: 110n, until: 120n, why: 'Its checksum does not match.' };
    const { saved } = progressOf(trimmed(0n, 100n), trimmed(100n, 110n), trimmed(0n, 100n), damaged, damaged, trimmed(100n, 110n));
    expect(saved.missed).toEqual([trimmed(0n, 110n), damaged]);
    expect(saved.missedRanges).toBe(2);
  });

  it('are counted beyond those that are listed', () => {
    const many = Array.from({ length: MISSED_SHOWN_MAX + 5 }, (_, n) => trimmed(BigInt(n) * 10n, BigInt(n) * 10n + 1n));
    const { saved } = progressOf(...many);
    expect(saved.missed).toHaveLength(MISSED_SHOWN_MAX);
    expect(saved.missedRanges).toBe(MISSED_SHOWN_MAX + 5);
  });
});
