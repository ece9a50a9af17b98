/** What is remembered of a processor to be shown: from the reports of its process, across its lives. */
import { EMITTED_SHOWN_MAX, FAILURES_SHOWN_MAX, LINES_SHOWN_MAX, type ProcessorActivity } from '../api/processors.ts';
import type { RunReport } from './process/live/report.ts';

export class Activity {
  #emitted: ProcessorActivity['emitted'] = [];
  #failures: ProcessorActivity['failures'] = [];
  #lines: ProcessorActivity['lines'] = [];

  take({ emitted, failures, lines, linesDropped }: Pick<RunReport, 'emitted' | 'failures' | 'lines' | 'linesDropped'>): void {
    if (emitted.length > 0) this.#emitted = [...this.#emitted, ...emitted].slice(-EMITTED_SHOWN_MAX);
    if (failures.length > 0) this.#failures = [...this.#failures, ...failures].slice(-FAILURES_SHOWN_MAX);
    if (linesDropped > 0) this.say(`(${linesDropped.toLocaleString('en')} lines came too fast to be kept)`, lines[0]?.at ?? 0);
    if (lines.length > 0) this.#lines = [...this.#lines, ...lines].slice(-LINES_SHOWN_MAX);
  }

  /** A line of the lab's own. */
  say(text: string, at: number): void {
    this.#lines = [...this.#lines, { at, text }].slice(-LINES_SHOWN_MAX);
  }

  clear(): void {
    this.#emitted = [];
    this.#failures = [];
    this.#lines = [];
  }

  get all(): ProcessorActivity {
    return { emitted: this.#emitted, failures: this.#failures, lines: this.#lines };
  }
}
