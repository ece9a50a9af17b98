/** A replay as the user sets it up. */
import { type ReplayWish, SPEED_MAX, SPEED_MIN, WAIT_MS_MAX_DEFAULT } from '../../../../main/api/replays.ts';
import { SHARDS_MAX, streamNameProblem } from '../../../../main/api/values.ts';
import { BoundField } from '../export/exportForm.svelte.ts';

export type Pace = 'max' | 'original' | 'times';
export type KeyChoice = 'all' | 'these' | 'beginning-with';

/** Where the reader of the stream stands, which the range is filled in with. */
export interface ReplayStart {
  /** Milliseconds since 1970; null for the beginning. */
  from: bigint | null;
  shards: readonly number[] | null;
}

const encoder = new TextEncoder();

export class ReplayForm {
  readonly stream: string;
  readonly from = new BoundField();
  readonly until = new BoundField();
  /** Those that the reader shows; null where it shows all. */
  readonly shownShards: readonly number[] | null;
  onlyShown = $state(false);
  keyChoice = $state<KeyChoice>('all');
  keyText = $state('');
  pace = $state<Pace>('max');
  timesText = $state('10');
  /** Milliseconds as text, or `any`. */
  longestWait = $state(String(WAIT_MS_MAX_DEFAULT));
  timestamps = $state<'original' | 'new'>('original');
  keepsHeaders = $state(true);
  into = $state('');
  shards = $state<number | null>(null);
  /** Name of a processor; empty for none. */
  through = $state('');

  constructor(stream: string, start: ReplayStart, into: string, shards: number) {
    this.stream = stream;
    this.shownShards = start.shards;
    this.onlyShown = start.shards !== null;
    this.into = into;
    this.shards = shards;
    if (start.from !== null) {
      this.from.at = 'time';
      this.from.text = isoOf(start.from);
    }
  }

  readonly speed: number | null | undefined = $derived.by(() => {
    if (this.pace !== 'times') return this.pace === 'max' ? null : 1;
    const speed = Number(this.timesText.trim());
    return this.timesText.trim() !== '' && speed >= SPEED_MIN && speed <= SPEED_MAX ? speed : undefined;
  });
  readonly speedProblem: string | null = $derived(
    this.speed === undefined ? `A number from ${SPEED_MIN} to ${SPEED_MAX.toLocaleString('en')}.` : null,
  );
  readonly intoProblem: string | null = $derived(this.into === '' ? null : streamNameProblem(this.into));
  readonly shardsProblem: string | null = $derived(
    this.shards !== null && this.shards >= 1 && this.shards <= SHARDS_MAX ? null : `A stream has 1 to ${SHARDS_MAX} shards.`,
  );
  readonly keyProblem: string | null = $derived(
    this.keyChoice !== 'these' || this.keyText.trim() !== '' ? null : 'Write a key, or several, a line each.',
  );

  /** Null while something is missing. */
  readonly wish: ReplayWish | null = $derived.by(() => {
    const [from, until] = [this.from.value, this.until.value];
    const { speed, intoProblem, shardsProblem, keyProblem, into } = this;
    if (!from || !until || speed === undefined || intoProblem || shardsProblem || keyProblem || into === '') return null;
    return {
      stream: this.stream,
      ...(this.onlyShown && this.shownShards ? { shards: [...this.shownShards] } : {}),
      from: from.at === 'end' ? { at: 'beginning' } : from,
      until: until.at === 'end' ? { at: 'now' } : until,
      keys: this.#keys(),
      speed,
      waitMsMax: this.longestWait === 'any' ? null : Number(this.longestWait),
      timestamps: this.timestamps,
      keepsHeaders: this.keepsHeaders,
      into: { stream: into, shards: this.shards },
      through: this.through === '' ? null : { name: this.through, source: null },
    };
  });

  #keys(): ReplayWish['keys'] {
    if (this.keyChoice === 'all') return null;
    if (this.keyChoice === 'beginning-with') return { are: 'beginning-with', prefix: encoder.encode(this.keyText) };
    const keys = this.keyText.split('\n').filter((line) => line !== '');
    return { are: 'these', keys: keys.map((line) => encoder.encode(line)) };
  }
}

/** As it can be typed; beyond JavaScript's dates the milliseconds are. */
function isoOf(ms: bigint): string {
  const date = new Date(Number(ms));
  return Number.isNaN(date.getTime()) ? String(ms) : date.toISOString();
}

/** A name for the copy of a stream that is free. */
export function freeName(stream: string, taken: (name: string) => boolean): string {
  for (let number = 1; ; number++) {
    const name = `${stream}-replay${number === 1 ? '' : `-${number}`}`;
    if (!taken(name)) return name;
  }
}
