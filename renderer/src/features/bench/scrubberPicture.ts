/**
 * The whole rehearsal in one strip: which shard each stretch came from, where something was emitted (a tick below), where something failed
 * (a red one), and where two processors differ (a mark above).
 */
import type { RehearsalMarks } from '../../../../main/api/rehearsalPositions.ts';
import type { RehearsalInput } from '../../../../main/api/rehearsals.ts';
import { SHARD_COLOURS } from '../../ui/shards.ts';

/** Heights in pixels: of the marks above, of the ticks below, each with its distance. */
const [ABOVE, BELOW, APART] = [7, 5, 2];

export interface Colours {
  shards: string[];
  emitted: string;
  failed: string;
  differs: string;
}

export function coloursOf(element: Element): Colours {
  const style = getComputedStyle(element);
  const token = (name: string): string => style.getPropertyValue(name).trim();
  return {
    shards: Array.from({ length: SHARD_COLOURS }, (_, at) => token(`--s${at}`)),
    emitted: token('--soft'),
    failed: token('--bad'),
    differs: token('--warn'),
  };
}

/** `width`, `height`: of what is drawn on, pixels of the page. */
export function drawMarks(
  context: CanvasRenderingContext2D,
  marks: RehearsalMarks,
  inputs: readonly RehearsalInput[],
  colours: Colours,
  width: number,
  height: number,
): void {
  context.clearRect(0, 0, width, height);
  const [top, bottom] = [ABOVE + APART, height - BELOW - APART];
  const { length } = marks.inputs;
  const across = width / Math.max(1, length);
  for (let at = 0; at < length; at++) {
    // Every third one is left out, so that it is read as a row of events.
    if (across >= 1 && at % 3 === 2) continue;
    context.fillStyle = colours.shards[(inputs[marks.inputs[at]!]?.shard ?? 0) % SHARD_COLOURS]!;
    context.globalAlpha = 0.6;
    context.fillRect(at * across, top, Math.max(1, across), bottom - top);
  }
  context.globalAlpha = 1;
  const failed = anyOf(
    marks.columns.map((column) => column.failed),
    length,
  );
  const emitted = anyOf(
    marks.columns.map((column) => column.emitted),
    length,
  );
  for (let at = 0; at < length; at++) {
    if (!failed[at] && !emitted[at]) continue;
    context.fillStyle = failed[at] ? colours.failed : colours.emitted;
    context.fillRect(at * across, height - BELOW, Math.max(1, across), BELOW);
  }
  context.fillStyle = colours.differs;
  for (let at = 0; at < (marks.differences?.length ?? 0); at++) {
    if (!marks.differences![at]) continue;
    context.beginPath();
    context.moveTo(at * across - 4, 0);
    context.lineTo(at * across + 4, 0);
    context.lineTo(at * across, ABOVE);
    context.fill();
  }
}

function anyOf(all: readonly Uint8Array[], length: number): Uint8Array {
  const any = new Uint8Array(length);
  for (const one of all) for (let at = 0; at < length; at++) any[at]! |= one[at] ?? 0;
  return any;
}
