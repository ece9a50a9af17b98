/** Which streams have an order by event time, each with a file of its own and a follower that fills it. */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { LabError } from '../api/errors.ts';
import { EVENT_TIME_STREAMS_MAX } from '../api/eventTimes.ts';
import type { Cluster } from '../cluster/cluster.ts';
import type { StreamRegistry } from '../streams/registry.ts';
import { isLost, type StreamPlaces } from '../streams/streamPlaces.ts';
import { createFollower, type Follower } from './follower.ts';
import { removeIndexFile } from './indexFile.ts';

const FILE = /^([0-9a-f-]+)\.sqlite$/;

export interface EventTimeIndexes {
  /** Throws `no-event-time` where the stream's settings name no field. */
  of(stream: string): Follower;
  find(stream: string): Follower | undefined;
  onChange(listener: () => void): () => void;
  close(): Promise<void>;
}

/** @param folder of the files; made when there is one to put into it */
export function createEventTimeIndexes(registry: StreamRegistry, cluster: Cluster, folder: string): EventTimeIndexes {
  const followers = new Map<string, Follower>();
  /** Files that are being let go of, by stream: the same file is opened again only then. */
  const closing = new Map<string, Promise<void>>();
  const listeners = new Set<() => void>();
  const changed = (): void => listeners.forEach((listener) => listener());
  let isClosed = false;

  removeStrays();
  const stops = [registry.onChange(agree), cluster.onChange(() => followers.forEach((follower) => follower.wake()))];
  agree();

  function wanted(): Map<string, string> {
    const streams = registry.all().filter((stream) => !isLost(stream) && stream.settings.eventTimeField !== null);
    return new Map(streams.slice(0, EVENT_TIME_STREAMS_MAX).map(({ id, settings }) => [id, settings.eventTimeField!]));
  }

  /** Files of streams that are gone, or have no such order any more. */
  function removeStrays(): void {
    const kept = new Set(registry.all().filter(({ settings }) => settings.eventTimeField !== null).map(({ id }) => id)); // prettier-ignore
    for (const name of filesIn(folder)) {
      const id = FILE.exec(name)?.[1];
      if (id && !kept.has(id)) removeIndexFile(path.join(folder, name));
    }
  }

  /** Brings the followers to what the settings say. */
  function agree(): void {
    if (isClosed) return;
    const fields = wanted();
    for (const [id, follower] of followers) if (fields.get(id) !== follower.field) leave(id, follower);
    for (const [id, field] of fields) if (!followers.has(id) && !closing.has(id)) begin(id, field);
    followers.forEach((follower) => follower.wake());
    changed();
  }

  function begin(id: string, field: string): void {
    let known = registry.all().find((each) => each.id === id)!;
    // A broker that came up may have told anew where the shards are.
    const stream = (): StreamPlaces =>
      (known = registry.has(known.name) ? (registry.all().find((each) => each.id === id) ?? known) : known);
    followers.set(id, createFollower({ stream, field, file: path.join(folder, `${id}.sqlite`), cluster, changed }));
  }

  function leave(id: string, follower: Follower): void {
    followers.delete(id);
    const gone = follower.close(true).finally(() => {
      closing.delete(id);
      agree();
    });
    closing.set(id, gone);
  }

  function find(stream: string): Follower | undefined {
    return followers.get(registry.get(stream).id);
  }

  return {
    find,
    of(stream) {
      const follower = find(stream);
      if (follower) return follower;
      if (registry.get(stream).settings.eventTimeField !== null) {
        const message = `At most ${EVENT_TIME_STREAMS_MAX} streams of a workspace have an order by event time; “${stream}” has to wait.`;
        throw new LabError('no-event-time', closing.size > 0 ? `The order of “${stream}” by event time is being made anew.` : message, {
          retriable: true,
        });
      }
      throw new LabError('no-event-time', `The settings of “${stream}” name no field that holds the event time.`);
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      isClosed = true;
      for (const stop of stops) stop();
      await Promise.all([...[...followers.values()].map((follower) => follower.close(false)), ...closing.values()]);
    },
  };
}

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // there is none yet
  }
}
