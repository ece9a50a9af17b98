/** What is said on screen for a moment, above the status bar. */
import type { LabError } from '../../../main/api/errors.ts';

/** Notices shown at once; the oldest leave first. */
export const NOTICES_MAX = 4;
/** How long a notice that is no error stays, milliseconds. */
export const NOTICE_SHOWN_MS = 6_000;

export interface NoticeOptions {
  tone?: 'good' | 'plain';
  action?: { label: string; run: () => void };
  /** What it is about, where only the newest notice about it counts: "copy". */
  about?: string;
  /** Of an error: nothing was to be changed, so it can be asked again without a thought. */
  reading?: boolean;
}

export interface Notice extends NoticeOptions {
  id: number;
  message: string | LabError;
}

export class Notices {
  list = $state.raw<Notice[]>([]);
  #lastId = 0;

  add(message: string | LabError, options: NoticeOptions = {}): void {
    // Who cancels knows it.
    if (typeof message !== 'string' && message.code === 'cancelled') return;
    const id = ++this.#lastId;
    const isOutdone = (notice: Notice) =>
      textOf(notice.message) === textOf(message) || (options.about !== undefined && notice.about === options.about);
    this.list = [...this.list.filter((notice) => !isOutdone(notice)), { id, message, ...options }].slice(-NOTICES_MAX);
    if (typeof message === 'string') setTimeout(() => this.dismiss(id), NOTICE_SHOWN_MS);
  }

  /** What was said about it holds no longer. */
  dismissAbout(about: string): void {
    this.list = this.list.filter((notice) => notice.about !== about);
  }

  dismiss(id: number): void {
    this.list = this.list.filter((notice) => notice.id !== id);
  }
}

const textOf = (message: string | LabError): string => (typeof message === 'string' ? message : message.message);
