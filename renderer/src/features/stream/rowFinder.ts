/** Which row an offset or a time is, as the engine says. The last question counts: an answer to one before comes to nothing. */
import { LabError } from '../../../../main/api/errors.ts';
import type { Position } from '../../../../main/api/values.ts';
import { formatCount } from '../../ui/format.ts';
import type { Chosen, RowSource, SoughtBy } from './rowSource.ts';

export interface RowFinderOptions {
  source: () => Pick<RowSource, 'rowOf' | 'seek'>;
  /** Which rows are meant. */
  asked: () => Chosen;
  endRow: () => number;
  /** Learns where the end is now: what is found may be newer than the last look at it. */
  lookAtEnd: () => Promise<unknown>;
}

export class RowFinder {
  readonly #options: RowFinderOptions;
  #asked = 0;

  constructor(options: RowFinderOptions) {
    this.#options = options;
  }

  /** Nobody waits for an answer any more. */
  forget(): void {
    this.#asked++;
  }

  /** Null where something else was asked meanwhile. Rejects where there is no such event. */
  offset({ shard, offset }: Position): Promise<number | null> {
    return this.#ask(async () => {
      const { source, asked, endRow } = this.#options;
      const row = await source().rowOf(asked(), { shard, offset });
      await this.#reach(row);
      if (row >= endRow()) throw new LabError('offset-out-of-range', `Shard ${shard} ends before offset ${formatCount(offset)}.`);
      return row;
    });
  }

  /** Null where something else was asked meanwhile. Rejects where no event is as late. */
  moment(to: SoughtBy): Promise<number | null> {
    return this.#ask(async () => {
      const { source, asked } = this.#options;
      const row = await source().seek(asked(), to);
      if (row === null) throw new LabError('no-such-event', 'No event here has this timestamp or a later one.');
      await this.#reach(row);
      return row;
    });
  }

  async #reach(row: number): Promise<void> {
    if (row >= this.#options.endRow()) await this.#options.lookAtEnd();
  }

  async #ask(find: () => Promise<number>): Promise<number | null> {
    const asked = ++this.#asked;
    try {
      const row = await find();
      return asked === this.#asked ? row : null;
    } catch (thrown) {
      if (asked === this.#asked) throw thrown;
      return null;
    }
  }
}
