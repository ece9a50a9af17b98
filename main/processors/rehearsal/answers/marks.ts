/** What a scrubber shows: positions shared among pixels. */
import type { RehearsalMarks } from '../../../api/rehearsalPositions.ts';
import type { JournalReader } from '../journal/reader.ts';
import type { PositionSet } from '../positionSet.ts';
import type { TapeReader } from '../tape.ts';

export function marksOf(
  tape: TapeReader,
  columns: ReadonlyMap<number, JournalReader>,
  pixels: number,
  differences: PositionSet | null,
): RehearsalMarks {
  const positions = tape.positions();
  /** The first position of a pixel; that of one beyond the last is behind all. */
  const firstOf = (pixel: number): number => 1 + Math.floor((pixel * positions) / pixels);
  const middles = Array.from({ length: pixels }, (_, pixel) =>
    Math.min(positions, firstOf(pixel) + Math.floor((firstOf(pixel + 1) - firstOf(pixel)) / 2)),
  );
  const inputs = positions === 0 ? new Uint8Array(pixels) : tape.inputsNear(middles);
  const marked = (set: PositionSet): Uint8Array =>
    Uint8Array.from({ length: pixels }, (_, pixel) => {
      const first = firstOf(pixel);
      return set.hasIn(first, Math.max(first + 1, firstOf(pixel + 1))) ? 1 : 0;
    });
  return {
    ...{ positions, inputs },
    columns: [...columns].map(([id, journal]) => {
      journal.reach();
      return { id, emitted: marked(journal.emitted), failed: marked(journal.failed) };
    }),
    differences: differences && marked(differences),
  };
}
