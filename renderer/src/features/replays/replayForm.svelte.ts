/** A replay as the user sets it up. */
import { type ReplayWish, SPEED_MAX, SPEED_MIN, WAIT_MS_MAX_DEFAULT } from '../../../../main/api/replays.ts';
import { SHARDS_MAX, streamNameProblem } from '../../../../main/api/values.ts';
import type { BenchProcessor } from '../bench/benchSetup.ts';
import type { Proposal } from '../bench/proposal.ts';
import { BoundField } from '../export/exportForm.svelte.ts';

export type Pace = 'max' | 'original' | 'times';
/** Where it goes. */
export type Target = 'stream' | 'rehearsal';
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
  target = $state<Target>('stream');
  /** Of a rehearsal, the processors. */
  rehearsed = $state.raw<BenchProcessor[]>([]);
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

  /** A stream that is not there, for the preview of a rehearsal: that writes none. */
  readonly #free: string;

  constructor(stream: string, start: ReplayStart, into: string, shards: number) {
    this.stream = stream;
    this.#free = into;
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
    if (this.target === 'rehearsal') return this.#wishOfRehearsal();
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

  /** The same range, to be looked at before. */
  #wishOfRehearsal(): ReplayWish | null {
    const [from, until] = [this.from.value, this.until.value];
    if (!from || !until || this.keyProblem) return null;
    return {
      stream: this.stream,
      ...(this.onlyShown && this.shownShards ? { shards: [...this.shownShards] } : {}),
      from: from.at === 'end' ? { at: 'beginning' } : from,
      until: until.at === 'end' ? { at: 'now' } : until,
      ...{ keys: this.#keys(), speed: null, waitMsMax: null, timestamps: 'original', keepsHeaders: true },
      ...{ into: { stream: this.#free, shards: null }, through: null },
    };
  }

  /** As the bench takes it; null while something is missing. */
  get proposal(): Proposal | null {
    const [from, until] = [this.from.value, this.until.value];
    if (!from || !until || this.keyProblem) return null;
    const offsetOf = (bound: typeof from): string | null => (bound.at === 'offset' ? String(bound.offset) : null);
    const timeOf = (bound: typeof from): string | null => (bound.at === 'time' ? String(bound.time) : null);
    const shards = this.onlyShown && this.shownShards ? [...this.shownShards] : null;
    const only = { shards, fromOffset: offsetOf(from), untilOffset: offsetOf(until), keys: this.#keyTexts() };
    const isAll = Object.values(only).every((part) => part === null);
    return {
      ...{ stream: this.stream, from: timeOf(from), until: timeOf(until), starts: true },
      processors: this.rehearsed.map((processor) => ({ ...processor, reads: this.stream })),
      ...(isAll ? {} : { only }),
    };
  }

  #keyTexts(): NonNullable<Proposal['only']>['keys'] {
    if (this.keyChoice === 'all') return null;
    if (this.keyChoice === 'beginning-with') return { are: 'beginning-with', prefix: this.keyText };
    return { are: 'these', keys: this.keyText.split('\n').filter((line) => line !== '') };
  }

  #keys(): ReplayWish['keys'] {
    const keys = this.#keyTexts();
    if (keys?.are === 'these') return { are: 'these', keys: keys.keys.map((key) => encoder.encode(key)) };
    return keys && { are: 'beginning-with', prefix: encoder.encode(keys.prefix) };
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
