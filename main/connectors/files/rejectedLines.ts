/** The lines that an import rejects: all counted, the first ones kept with their text. */
import { REJECTED_CHARS_MAX, REJECTED_LINE_MAX, REJECTED_LINES_MAX, REJECTED_TEXT_MAX, type RejectedLine } from '../../api/imports.ts';
import { lineText } from './lineRules.ts';
import type { Line } from './lines.ts';

export class RejectedLines {
  readonly kept: RejectedLine[];
  #count: number;
  /** Characters of those that are kept. */
  #characters: number;

  constructor(kept: readonly RejectedLine[] = [], count = 0) {
    this.kept = [...kept];
    this.#count = count;
    this.#characters = kept.reduce((sum, { text }) => sum + text.length, 0);
  }

  get count(): number {
    return this.#count;
  }

  add({ number, bytes, isCut }: Line, reason: string): void {
    this.#count += 1;
    if (this.kept.length >= REJECTED_LINES_MAX) return;
    const text = lineText(bytes, this.#characters < REJECTED_CHARS_MAX ? REJECTED_LINE_MAX : REJECTED_TEXT_MAX);
    this.#characters += text.length;
    this.kept.push({ line: number, reason, text: isCut && !text.endsWith('…') ? `${text}…` : text });
  }
}
