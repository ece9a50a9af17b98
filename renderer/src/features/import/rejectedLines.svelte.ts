/** The rejected lines of an import, a page at a time, and all of them as a file. */
import { toLabError, type LabError } from '../../../../main/api/errors.ts';
import type { LabClient } from '../../../../main/api/index.ts';
import { REJECTED_PAGE_MAX, type RejectedLine } from '../../../../main/api/imports.ts';

/** Rejected lines on one page of the dialog. */
export const PAGE_LINES = 100;

export class RejectedLines {
  lines = $state.raw<RejectedLine[]>([]);
  /** Number of the first line shown, from 0. */
  from = $state(0);
  /** Lines kept with their text, and lines rejected in all. */
  kept = $state(0);
  total = $state(0);
  known = $state(false);
  error = $state.raw<LabError | null>(null);
  readonly hasBefore = $derived(this.from > 0);
  readonly hasMore = $derived(this.from + this.lines.length < this.kept);
  #client: LabClient;
  #jobId: string;

  constructor(client: LabClient, jobId: string) {
    this.#client = client;
    this.#jobId = jobId;
  }

  async show(from: number): Promise<void> {
    try {
      const page = await this.#client.imports.rejected({ jobId: this.#jobId, from: Math.max(0, from), limit: PAGE_LINES });
      Object.assign(this, { lines: page.lines, from: Math.max(0, from), kept: page.kept, total: page.total, known: true, error: null });
    } catch (thrown) {
      this.error = toLabError(thrown);
    }
  }

  /** All kept lines, one JSON object a line. Each page becomes a part of the blob, so that the text is not held twice. */
  async asFile(progress: (lines: number) => void = () => undefined): Promise<Blob> {
    const parts: Blob[] = [];
    for (let from = 0; ;) {
      const { lines, kept } = await this.#client.imports.rejected({ jobId: this.#jobId, from, limit: REJECTED_PAGE_MAX });
      parts.push(new Blob([lines.map((line) => `${asJson(line)}\n`).join('')]));
      from += lines.length;
      progress(from);
      if (lines.length === 0 || from >= kept) return new Blob(parts, { type: 'application/x-ndjson' });
    }
  }
}

const asJson = ({ line, reason, text }: RejectedLine): string => JSON.stringify({ line, reason, text });
