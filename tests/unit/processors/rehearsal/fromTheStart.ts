/** What a position of a rehearsal must be: a run of the events before it, in nothing but a realm. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { compileProcessor } from '../../../../main/processors/compile.ts';
import { shardOf } from '../../../../main/processors/process/outputShard.ts';
import { loadProcessor } from '../../../../main/processors/process/sandbox.ts';
import type { InputRecord } from '../../../../main/processors/process/shardRun.ts';
import { SimulatedRun } from '../../../../main/processors/process/simulatedRun.ts';
import type { Realm } from '../../../../main/processors/realm/realm.ts';
import { root } from '../../openLab.ts';
import { SHARDS } from './timeTravelCases.ts';

export const NAME = 'tried';
export const realmScript = readFileSync(path.join(root, 'dist/realm/realm.js'), 'utf8');

const known = new Map<string, string>();
/** There are few sources, and many cases. */
export function compiled(source: string): string {
  const code = known.get(source) ?? compileProcessor(source, `${NAME}.ts`);
  known.set(source, code);
  return code;
}

export interface Emitted {
  output: string;
  shard: number;
  key: string | null;
  text: string | null;
  timestamp: number | null;
}

/** A processor over events as they come, in nothing but a realm: what a position must be. */
class FromTheStart {
  readonly realm: Realm;
  readonly run: SimulatedRun;
  readonly stores: string[];
  emitted: (Emitted & { at: number; headers: string | null; isBeforeEvent: boolean })[] = [];
  isBeforeEvent = true;
  #shards = new Set<number>();

  constructor(source: string) {
    const { realm, declaration } = loadProcessor(realmScript, compiled(source), {
      ...{ fileName: `${NAME}.ts`, seed: 1, geoFile: '' },
    });
    this.realm = realm;
    this.stores = declaration.stores;
    this.run = new SimulatedRun(realm, declaration, {
      stepped: (shard) => this.#stepped(shard),
      failed: () => {},
      bad: (shard, { key, value, timestamp }) => {
        const at = this.#at;
        const text = (bytes: Uint8Array | null): string | null => bytes && Buffer.from(bytes).toString();
        const own = { output: 'bad', shard, key: text(key), text: text(value), timestamp: Number.isNaN(timestamp) ? null : timestamp };
        this.emitted.push({ ...own, at, headers: null, isBeforeEvent: false });
      },
    });
  }

  event(shard: number, record: InputRecord, at: number): void {
    this.#shards.add(shard);
    for (const _ of this.run.event(shard, record, at)) void _;
  }

  passTo(time: number): void {
    if (Number.isNaN(time) || (this.run.hasBegun && time <= this.run.now)) return;
    for (const _ of this.run.passTo(time)) void _;
  }

  state(): Record<string, Record<string, string>> {
    return Object.fromEntries(
      this.stores.map((store) => {
        const found: Record<string, string> = {};
        for (const shard of this.#shards) {
          this.realm.listEntries(shard, store, '', '', 1_000);
          const { count, keys, values } = this.realm.entries;
          for (let at = 0; at < count; at++) found[`${shard}/${keys[at]}`] = values[at]!;
        }
        return [store, found];
      }),
    );
  }

  get #at(): number {
    return this.run.hasBegun ? this.run.now : Number.NaN;
  }

  #stepped(shard: number): void {
    const { outcome } = this.realm;
    for (let at = 0; at < outcome.count; at++) {
      const timestamp = outcome.timestamps[at]!;
      this.emitted.push({
        ...{ output: outcome.outputs[at]!, shard, key: outcome.keys[at]!, text: outcome.texts[at]! },
        ...{ timestamp: Number.isNaN(timestamp) ? null : timestamp, at: this.#at, headers: outcome.headers[at]! },
        isBeforeEvent: this.isBeforeEvent,
      });
    }
  }
}

export interface Moment {
  emitted: Emitted[];
  state: Record<string, Record<string, string>>;
}

export interface Placed {
  shard: number;
  record: InputRecord;
}

/** Of both columns, at each position. */
export function fromTheStart(source: string, behind: string, sequence: readonly Placed[]): Moment[][] {
  const [first, second] = [new FromTheStart(source), new FromTheStart(behind)];
  const moments: Moment[][] = [[first, second].map((each) => ({ emitted: [], state: each.state() }))];
  const offsets = new Map<number, number>();
  let clock = Number.NaN;
  for (const { shard, record } of sequence) {
    first.emitted = [];
    second.emitted = [];
    first.event(shard, record, record.timestamp);
    for (const { output, at, key, text, timestamp, headers, shard: from } of first.emitted) {
      if (output !== 'out') continue;
      const bytes = key === null ? null : Buffer.from(key);
      const to = shardOf(bytes, from, SHARDS);
      const offset = offsets.get(to) ?? 0;
      offsets.set(to, offset + 1);
      const named = (JSON.parse(headers ?? '[]') as [string, string][]).map(([name, value]): [string, Uint8Array] => [
        name,
        Buffer.from(value),
      ]);
      const passed = {
        stream: 'out',
        offset: String(offset),
        timestamp: timestamp ?? Number.NaN,
        key: bytes,
        value: Buffer.from(text!),
        headers: named,
      };
      second.event(to, passed, at);
    }
    if (!(record.timestamp <= clock) && !Number.isNaN(record.timestamp)) clock = record.timestamp;
    second.passTo(clock);
    moments.push(
      [first, second].map((each) => ({
        emitted: each.emitted.map(({ output, shard: own, key, text, timestamp }) => ({ output, shard: own, key, text, timestamp })),
        state: each.state(),
      })),
    );
  }
  return moments;
}
