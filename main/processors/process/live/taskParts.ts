/** What all tasks of a live processor work with. */
import type { Guarantee } from '../../../api/processors.ts';
import type { BrokerClient } from '../../../cluster/brokerLink.ts';
import type { LogRecord } from '../../../log/index.ts';
import type { Declaration } from '../../realm/declaration.ts';
import type { Realm } from '../../realm/realm.ts';
import type { LatencyMeter } from './latency.ts';
import type { OutputStream } from './outputs.ts';
import type { Report } from './report.ts';

/** Of tasks that are part of a replay. */
export interface Replayed {
  /** An event of a shard as the processor is to see it; null for one that it is not to see. */
  pass: (shard: number, record: LogRecord) => LogRecord | null;
}

export interface TaskParts {
  /** Of the processor: whose positions these are. */
  reader: string;
  guarantee: Guarantee;
  /** Events between two commits, at most. */
  eventsAtOnce: number;
  realm: Realm;
  declaration: Declaration;
  outputs: readonly OutputStream[];
  brokers: ReadonlyMap<number, BrokerClient>;
  report: Report;
  latency: LatencyMeter;
  /** How many inputs all tasks have. */
  inputsTotal: number;
  /** Runs steps under the eyes of the watchdog. */
  burst: (steps: () => void) => Promise<void>;
  now: () => number;
  pid: number;
  replay: Replayed | null;
}

/** Of one task: what has failed beside its steps (a commit, a wait, what is sent elsewhere) ends it at the next look. */
export interface Health {
  fail(error: unknown): void;
  /** Throws what has failed first. */
  assertSound(): void;
}
