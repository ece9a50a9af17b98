/** What the steps of a task have made that no commit tells of yet: what they emitted, what they changed in stores, and of which events. */
import { LabError } from '../../../api/errors.ts';
import type { LiveTask } from '../../processorContract.ts';
import type { Outcome } from '../../realm/outcome.ts';
import type { InputRecord } from '../shardRun.ts';
import type { Totals } from './changelog.ts';
import type { Arrival } from './input.ts';
import { type OutgoingBatch, Outputs } from './outputs.ts';
import type { TaskParts } from './taskParts.ts';

/** A commit is due when so much was emitted and changed, bytes. */
export const COMMIT_BYTES = 1024 * 1024;

/** All of it, for one commit. */
export interface Taken {
  outgoing: OutgoingBatch[];
  /** By store and key the value as JSON; null where it was deleted. */
  changed: ReadonlyMap<string, ReadonlyMap<string, string | null>>;
  arrivals: readonly Arrival[];
}

export class Uncommitted {
  /** Of all lives of the task, with what is not committed. */
  readonly totals: Totals;
  readonly #outputs: Outputs;
  readonly #eventsAtOnce: number;
  #changed = new Map<string, Map<string, string | null>>();
  #changedBytes = 0;
  #events = 0;
  #arrivals: Arrival[] = [];
  #isDirty = false;
  #isBehind = false;

  constructor(
    task: Pick<LiveTask, 'shard' | 'inputs'>,
    { reader, outputs, eventsAtOnce }: Pick<TaskParts, 'reader' | 'outputs' | 'eventsAtOnce'>,
    totals: Totals,
  ) {
    this.totals = structuredClone(totals);
    this.#outputs = new Outputs(reader, task, outputs);
    this.#eventsAtOnce = eventsAtOnce;
  }

  /** Whether something was processed whose results no commit tells of. */
  get isDirty(): boolean {
    return this.#isDirty;
  }

  /** The same of its positions. */
  get isBehind(): boolean {
    return this.#isBehind;
  }

  /** Nothing more is to be added before a commit. */
  get isFull(): boolean {
    return this.#bytes >= COMMIT_BYTES || this.#events >= this.#eventsAtOnce;
  }

  /** It is worth a commit of its own. */
  get isLarge(): boolean {
    return this.#bytes >= COMMIT_BYTES / 2 || this.#events >= this.#eventsAtOnce;
  }

  get #bytes(): number {
    return this.#outputs.bytes + this.#changedBytes;
  }

  /** An event of this append is about to be processed. */
  arrived(appendTimeUs: bigint): void {
    const last = this.#arrivals.at(-1);
    if (last?.appendTimeUs === appendTimeUs) last.events++;
    else this.#arrivals.push({ appendTimeUs, events: 1 });
  }

  /** What a step has done. */
  add(outcome: Outcome): void {
    for (let at = 0; at < outcome.count; at++) {
      if (!this.#outputs.add(outcome, at))
        throw new LabError('bad-input', `It emitted to “${String(outcome.outputs[at])}”, which it has not declared.`);
      const name = outcome.outputs[at]!;
      this.totals.out[name] = (this.totals.out[name] ?? 0) + 1;
    }
    for (let at = 0; at < outcome.changes; at++) {
      const store = outcome.changedStores[at]!;
      const key = outcome.changedKeys[at]!;
      const json = outcome.changedValues[at]!;
      let ofStore = this.#changed.get(store);
      if (!ofStore) this.#changed.set(store, (ofStore = new Map()));
      ofStore.set(key, json);
      this.#changedBytes += store.length + key.length + (json?.length ?? 0);
    }
  }

  addBad(record: InputRecord, reasons: readonly string[]): void {
    this.#outputs.addBad(record, reasons);
    this.totals.bad++;
  }

  /** An event is through. */
  processed(): void {
    this.totals.in++;
    this.#events++;
    this.touched();
  }

  /** Something is to be committed that may have left nothing else: a window, say, was passed. */
  touched(): void {
    this.#isDirty = true;
    this.#isBehind = true;
  }

  /** `withPositions`: the commit tells them, too. */
  take(withPositions: boolean): Taken {
    const taken = { outgoing: this.#outputs.take(), changed: this.#changed, arrivals: this.#arrivals };
    this.#changed = new Map();
    this.#changedBytes = 0;
    this.#arrivals = [];
    this.#events = 0;
    this.#isDirty = false;
    if (withPositions) this.#isBehind = false;
    return taken;
  }
}
