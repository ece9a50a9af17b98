/** The keyboard in the histogram: arrows walk the buckets, with Shift they select. */

export interface HistogramPlace {
  /** The bucket that the keyboard is at, and the one where a selection began. */
  at: number | null;
  anchor: number | null;
  buckets: number;
}

export type HistogramKeyed =
  | { at: number; anchor: number; /** Whether what lies between the two is to be selected. */ select: boolean }
  | { deed: 'clear' | 'zoom-in' | 'zoom-out' };

/** Buckets that a page is. */
const PAGE = 10;

/** Null for a key that does nothing here. */
export function histogramKey(
  event: Pick<KeyboardEvent, 'key' | 'shiftKey' | 'ctrlKey' | 'metaKey' | 'altKey'>,
  place: HistogramPlace,
): HistogramKeyed | null {
  if (event.ctrlKey || event.metaKey || event.altKey) return null;
  const { buckets } = place;
  const at = place.at ?? buckets - 1;
  const deeds: Record<string, HistogramKeyed> = {
    Escape: { deed: 'clear' },
    '+': { deed: 'zoom-in' },
    '=': { deed: 'zoom-in' },
    '-': { deed: 'zoom-out' },
    '−': { deed: 'zoom-out' },
    Enter: { at, anchor: at, select: true },
  };
  const deed = deeds[event.key];
  if (deed) return deed;
  // Before it is anywhere, a step brings it to the newest.
  const moves: Record<string, number> = {
    ArrowLeft: at - 1,
    ArrowDown: at - 1,
    ArrowRight: at + 1,
    ArrowUp: at + 1,
    PageDown: at - PAGE,
    PageUp: at + PAGE,
    Home: 0,
    End: buckets - 1,
  };
  const move = moves[event.key];
  if (move === undefined) return null;
  const isStep = event.key.startsWith('Arrow');
  const to = place.at === null && isStep ? at : Math.min(buckets - 1, Math.max(0, move));
  return event.shiftKey ? { at: to, anchor: place.anchor ?? at, select: true } : { at: to, anchor: to, select: false };
}
