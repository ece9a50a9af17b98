/** Where the rows of a pane come from: the log as it was appended, or its order by event time. */
import { LabError } from '../../../../main/api/errors.ts';
import type { EventWindow } from '../../../../main/api/events.ts';
import type { LabClient } from '../../../../main/api/index.ts';
import type { Position } from '../../../../main/api/values.ts';

export type Order = 'append' | 'event-time';
export type RowClient = Pick<LabClient, 'events' | 'eventTimes' | 'readers'>;

/** Of the stream's shards; all where none are named. */
export interface Chosen {
  shards?: number[];
}
/** The first row of a time (api/events.ts), or the one with the greatest timestamp. */
export type SoughtBy = { by: 'time'; time: bigint } | { by: 'greatest-timestamp' };

export interface RowSource {
  /** `generation`: where it differs, rows may have other numbers than before. */
  window(chosen: Chosen, from: number | 'end', limit: number, signal: AbortSignal): Promise<EventWindow & { generation?: number }>;
  /** Rejects where the event is not among these rows. */
  rowOf(chosen: Chosen, position: Position): Promise<number>;
  /** The first row of those that a time names, or the latest; null where there is none. */
  seek(chosen: Chosen, to: SoughtBy): Promise<number | null>;
}

export function rowSource({ events, eventTimes }: RowClient, stream: string, order: Order): RowSource {
  if (order === 'append') {
    return {
      window: (chosen, from, limit, signal) => events.window({ stream, ...chosen, from, limit }, { signal }),
      rowOf: async (chosen, { shard, offset }) => (await events.rowOf({ stream, ...chosen, shard, offset })).row,
      seek: async (chosen, to) => (await events.seek({ stream, ...chosen, to }))?.row ?? null,
    };
  }
  return {
    window: (chosen, from, limit, signal) => eventTimes.window({ stream, ...chosen, from, limit }, { signal }),
    async rowOf(chosen, { shard, offset }) {
      const { row } = await eventTimes.rowOf({ stream, ...chosen, shard, offset });
      if (row !== null) return row;
      throw new LabError('no-such-event', 'This event has no event time, or has just come: it is found in the order as appended.');
    },
    seek: async (chosen, to) => (await eventTimes.seek({ stream, ...chosen, to }))?.row ?? null,
  };
}
