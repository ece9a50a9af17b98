/** The lab itself: which workspace is open, how its parts do, its settings. */
import * as v from 'valibot';
import { call, stream, type } from './contract.ts';
import { nothing, shardCount, VALUE_BYTES_MAX_CEILING } from './values.ts';

/** Most brokers of one workspace. */
export const BROKERS_MAX = 5;

export interface LabInfo {
  version: string;
  /** What begins a `loglab` command in a shell of the lab's machine: to be copied. */
  command: string;
  /** `isDefault`: it is the one that every program of ours opens where none is named. */
  workspace: { name: string; path: string; isDefault: boolean };
  platform: string;
}

export interface BrokerStatus {
  id: number;
  state: 'starting' | 'up' | 'down';
  pid: number | null;
  /** How often it was started again after it ended unasked. */
  restarts: number;
  /** A sentence, where it is not up. */
  message: string | null;
  /** Its file in the folder of the workspace. */
  file: string;
}

export interface LabStatus {
  brokers: BrokerStatus[];
  durability: Settings['durability'];
  eventsPerSecond: number;
  bytesPerSecond: number;
  /** 99th percentile of the last appends, milliseconds from arrival to acknowledgement; null before the first. */
  appendP99Ms: number | null;
}

export interface Settings {
  /** Largest value of an event, bytes. */
  valueBytesMax: number;
  /**
   * `safe`: what is acknowledged survives power loss, each commit is synced. `fast`: it survives a crash of the lab, not of the machine;
   * commits need not wait for the disk.
   */
  durability: 'safe' | 'fast';
  /** Whether a Kafka client that asks for a topic that is not there makes it. */
  topicsMadeOnUse: boolean;
  /** How many shards a stream gets that a Kafka client makes without saying a number. */
  topicShards: number;
}

export const lab = {
  info: call(nothing, type<LabInfo>()),
  /** About twice a second while something changes; newest wins. */
  watch: stream(nothing, type<LabStatus>()),
  settings: call(nothing, type<Settings>()),
  /** Those that are named, from now on. */
  changeSettings: call(
    v.strictObject({
      valueBytesMax: v.optional(
        v.pipe(
          v.number(),
          v.integer(),
          v.minValue(1024, 'The largest value is at least 1 KiB.'),
          v.maxValue(VALUE_BYTES_MAX_CEILING, 'The largest value is at most 4 MiB.'),
        ),
      ),
      durability: v.optional(v.picklist(['safe', 'fast'])),
      topicsMadeOnUse: v.optional(v.boolean()),
      topicShards: v.optional(shardCount),
    }),
    type<Settings>(),
  ),
  /** One more broker, up to BROKERS_MAX; shards of streams made from now on are placed on it too. There is no way back. */
  addBroker: call(nothing, type<BrokerStatus>(), { errors: ['too-many', 'broker-down'] }),
  /** Ends the process of a broker as a crash does. It is started again. */
  killBroker: call(v.strictObject({ id: v.pipe(v.number(), v.integer(), v.minValue(1)) }), type<void>(), { errors: ['broker-down'] }),
};
