/** The lab itself: which workspace is open, how its parts do, its settings. */
import * as v from 'valibot';
import { call, stream, type } from './contract.ts';
import { nothing, VALUE_BYTES_MAX_CEILING } from './values.ts';

export interface LabInfo {
  version: string;
  /** `isDefault`: it is the one that every program of ours opens where none is named. */
  workspace: { name: string; path: string; isDefault: boolean };
  durability: 'safe' | 'fast';
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
}

export interface LabStatus {
  brokers: BrokerStatus[];
  eventsPerSecond: number;
  bytesPerSecond: number;
  /** 99th percentile of the last appends, milliseconds from arrival to acknowledgement; null before the first. */
  appendP99Ms: number | null;
}

export interface Settings {
  /** Largest value of an event, bytes. */
  valueBytesMax: number;
}

export const lab = {
  info: call(nothing, type<LabInfo>()),
  /** About twice a second while something changes; newest wins. */
  watch: stream(nothing, type<LabStatus>()),
  settings: call(nothing, type<Settings>()),
  changeSettings: call(
    v.strictObject({
      valueBytesMax: v.pipe(
        v.number(),
        v.integer(),
        v.minValue(1024, 'The largest value is at least 1 KiB.'),
        v.maxValue(VALUE_BYTES_MAX_CEILING, 'The largest value is at most 4 MiB.'),
      ),
    }),
    type<Settings>(),
  ),
};
