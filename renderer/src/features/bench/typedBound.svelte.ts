/** One end of the range as it is typed: empty for that of the stream, else a time. */
import { parseTime, storedTime } from '../../ui/typedTime.ts';

export class TypedBound {
  text = $state('');
  readonly #typed = $derived(parseTime(this.text));
  readonly problem = $derived(this.text.trim() !== '' && this.#typed.kind === 'problem' ? this.#typed.sentence : null);
  /** Milliseconds since 1970 as a decimal text; null for the end of the stream. */
  readonly time = $derived(this.text.trim() !== '' && this.#typed.kind === 'at' ? String(this.#typed.ms) : null);
  readonly hint = $derived(this.time === null ? 'A time as 2018-10-15 09:30, or nothing.' : storedTime(BigInt(this.time)));

  constructor(ms: string | null) {
    if (ms !== null) this.text = storedTime(BigInt(ms));
  }
}
