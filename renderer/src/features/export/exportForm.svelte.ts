/** What of a stream is exported and how, as the user sets it up. */
import type { RangeFrom, RangeUntil } from '../../../../main/api/events.ts';
import type { ExportFormat } from '../../../../main/api/exports.ts';
import { parseTime } from '../../ui/typedTime.ts';

export type Bound = 'end' | 'offset' | 'time';
const OFFSET_MAX = 2n ** 63n - 1n;

/** One end of the range: that of the stream, or an offset or a time that is typed. */
export class BoundField {
  at = $state<Bound>('end');
  text = $state('');
  readonly value: { at: 'offset'; offset: bigint } | { at: 'time'; time: bigint } | { at: 'end' } | null = $derived.by(() => {
    if (this.at === 'end') return { at: 'end' };
    const typed = this.text.trim();
    if (this.at === 'offset')
      return /^\d{1,19}$/.test(typed) && BigInt(typed) <= OFFSET_MAX ? { at: 'offset', offset: BigInt(typed) } : null;
    const time = parseTime(typed);
    return typed !== '' && time.kind === 'at' ? { at: 'time', time: time.ms } : null;
  });
  readonly problem: string | null = $derived.by(() => {
    if (this.value !== null || this.text.trim() === '') return null;
    if (this.at === 'offset') return 'An offset is a whole number from 0.';
    const time = parseTime(this.text);
    return time.kind === 'problem' ? time.sentence : 'Write a time as 2018-10-15T10:52:35Z.';
  });
}

export class ExportForm {
  format = $state<ExportFormat>('records');
  readonly from = new BoundField();
  readonly until = new BoundField();
  onlyShown = $state(false);
  readonly range: { from: RangeFrom; until: RangeUntil } | null = $derived.by(() => {
    const [from, until] = [this.from.value, this.until.value];
    if (!from || !until) return null;
    return { from: from.at === 'end' ? { at: 'beginning' } : from, until: until.at === 'end' ? { at: 'now' } : until };
  });
  readonly isWhole = $derived(this.from.at === 'end' && this.until.at === 'end' && !this.onlyShown);
}
