/**
 * Replays (api/replays.ts): past ranges read again into other streams (run.ts), each fixed when it begins (plan.ts). The catalog knows which there
 * are, and which are to run; what each has sent is known from the log itself (target.ts), so a replay goes on with the lab after any end of it.
 */
import { randomUUID } from 'node:crypto';
import type { DomainHandlers } from '../api/contract.ts';
import { LabError, toLabError } from '../api/errors.ts';
import {
  ENDED_REPLAYS_MAX,
  hasEnded,
  type Replay,
  type replays,
  type ReplayState,
  type ReplayWish,
  RUNNING_REPLAYS_MAX,
} from '../api/replays.ts';
import { conflate } from '../rpc/conflate.ts';
import type { ReplayRecord as KeptReplay } from '../workspace/replayRecords.ts';
import type { ReplayParts } from './parts.ts';
import type { Redrives, ReplayPlan } from './plan.ts';
import { createPlanning } from './planning.ts';
import { notesOf, previewReplay } from './preview.ts';
import { NO_PROGRESS, Progress, type SavedProgress } from './progress.ts';
import { ReplayRun } from './run.ts';
import { forgetPositions, readerOf } from './target.ts';
import { nameInReplay, stateStreamInReplay, ThroughRun } from './through.ts';

/** Pages hear of progress at most this often, milliseconds. */
const WATCH_INTERVAL_MS = 250;
/** The catalog hears of it at most this often, milliseconds: each time costs a sync to disk. */
const RECORD_INTERVAL_MS = 1_000;

type ReplayRecord = KeptReplay<ReplayPlan, SavedProgress>;

/** What reads and writes for a replay. */
interface Work {
  run(): Promise<boolean>;
  halt(): void;
  setSpeed(speed: number | null): void;
}

/** From an offset of a shard up to another one. */
export interface ReadRange {
  shard: number;
  from: bigint;
  until: bigint;
}

interface Listed {
  record: ReplayRecord;
  progress: Progress;
  /** While it runs; `over` resolves when it does no more. */
  work: (Work & { over: Promise<void> }) | null;
  /** Why it waits. */
  waitsFor: string | null;
  recording: NodeJS.Timeout | undefined;
}

export interface Replays {
  service: DomainHandlers<typeof replays>;
  /** Sends bad events back where they came from. `begins` is told before anything is sent. Throws as `start` does. Answers the id. */
  redrive(
    redrives: Redrives,
    into: string,
    through: ReplayWish['through'],
    begins: (id: string, ranges: readonly ReadRange[]) => void,
  ): Promise<string>;
  /** What of its ranges a replay has read by now, and whether that is all it ever will; null for one that is not listed. */
  sentBy(id: string): { ranges: ReadRange[]; isOver: boolean } | null;
  list(): Replay[];
  onChange(listener: () => void): () => void;
  /** All stand still; those that were running go on when the workspace is opened again. */
  close(): Promise<void>;
}

export function createReplays(parts: ReplayParts): Replays {
  const { records, registry, cluster, reader, now } = parts;
  const planning = createPlanning(parts);
  const listed = new Map<string, Listed>();
  const listeners = new Set<() => void>();
  const changed = (): void => listeners.forEach((listener) => listener());
  let isClosed = false;

  for (const record of records.all() as ReplayRecord[]) {
    const one = list(record);
    if (record.state === 'running' && parts.runs) begin(one);
  }

  function list(record: ReplayRecord): Listed {
    const one: Listed = {
      record,
      progress: new Progress(record.progress, now, () => {
        one.recording ??= setTimeout(() => keep(one), RECORD_INTERVAL_MS).unref();
        changed();
      }),
      work: null,
      waitsFor: null,
      recording: undefined,
    };
    listed.set(record.id, one);
    return one;
  }

  function find(id: string): Listed {
    const found = listed.get(id);
    if (found) return found;
    throw new LabError('no-such-replay', 'This replay is not listed any more.');
  }

  function keep(one: Listed): void {
    clearTimeout(one.recording);
    one.recording = undefined;
    one.record.progress = one.progress.saved;
    try {
      if (!isClosed) records.put(one.record);
    } catch {
      // A catalog that can not be written (a full disk) is no reason to stop: the appends say so. It is tried again with the next progress.
    }
  }

  function begin(one: Listed): void {
    const { record, progress } = one;
    const { id, plan, speed } = record;
    const waits = (why: string | null): void => {
      if (one.waitsFor === why) return;
      one.waitsFor = why;
      changed();
    };
    const run = { id, plan, registry, cluster, reader, progress, waits, now };
    const work: Work = plan.through
      ? new ThroughRun({ ...run, spawner: parts.spawner, geoFile: parts.geoFile }, speed)
      : new ReplayRun(run, speed);
    const over = work.run().then(
      (isThrough) => {
        if (isThrough) end(one, 'done', null);
      },
      (error: unknown) => end(one, 'failed', toLabError(error).message),
    );
    one.work = Object.assign(work, {
      over: over.finally(() => {
        one.work = null;
        one.waitsFor = null;
        progress.goesOn();
        changed();
      }),
    });
    changed();
  }

  async function halt(one: Listed): Promise<void> {
    one.work?.halt();
    await one.work?.over;
  }

  function end(one: Listed, state: 'done' | 'failed' | 'cancelled', message: string | null): void {
    Object.assign(one.record, { state, message, endedAt: now() });
    keep(one);
    if (state !== 'failed') forget(one);
    const ended = [...listed.values()]
      .filter((each) => each !== one && hasEnded(each.record))
      .sort((a, b) => a.record.endedAt! - b.record.endedAt!);
    for (const old of ended.slice(0, Math.max(0, ended.length + 1 - ENDED_REPLAYS_MAX))) drop(old);
    changed();
  }

  /** What it knew of itself in the log goes. */
  function forget({ record: { id, plan } }: Listed): void {
    const state = stateStreamInReplay(id);
    const reader = plan.through ? nameInReplay(plan.through, id) : readerOf(id);
    void Promise.all([forgetPositions(registry, cluster, reader), registry.has(state) ? registry.delete(state) : undefined]).catch(() => {
      // It stays where it is, and is nobody's.
    });
  }

  function drop(one: Listed): void {
    if (one.record.state === 'failed') forget(one);
    if (one.record.plan.redrives) parts.redriven(one.record.id, readBy(one));
    clearTimeout(one.recording);
    listed.delete(one.record.id);
    records.remove(one.record.id);
    changed();
  }

  function assertRoom(): void {
    if ([...listed.values()].filter(({ work }) => work !== null).length < RUNNING_REPLAYS_MAX) return;
    throw new LabError('too-many', `At most ${RUNNING_REPLAYS_MAX} replays run at once. Wait for one to end, or pause one.`, {
      retriable: true,
    });
  }

  async function start(
    wish: ReplayWish,
    intoExisting: boolean,
    redrives: Redrives | null = null,
    begins?: (id: string, plan: ReplayPlan) => void,
  ): Promise<{ id: string }> {
    assertRoom();
    const plan: ReplayPlan = { ...(await planning.plan(wish, intoExisting)), redrives };
    const record: ReplayRecord = {
      ...{ id: randomUUID(), plan, state: 'running', message: null, speed: wish.speed, progress: NO_PROGRESS },
      ...{ startedAt: now(), endedAt: null },
    };
    try {
      begins?.(record.id, plan);
      records.put(record);
    } catch (error) {
      await planning.undo(plan);
      throw error;
    }
    begin(list(record));
    return { id: record.id };
  }

  function told({ record, progress, work, waitsFor }: Listed): Replay {
    const { plan } = record;
    const { wish, through } = plan;
    const { missed, missedRanges, positions: _positions, ...counts } = progress.saved;
    const state: ReplayState = record.state !== 'running' ? record.state : waitsFor !== null ? 'waiting' : work ? 'running' : 'resting';
    return {
      ...{ id: record.id, stream: wish.stream, shards: wish.shards, from: wish.from, until: wish.until, keys: wish.keys },
      ...{
        into: wish.into.stream,
        madeStream: plan.madeStreams.includes(wish.into.stream),
        waitMsMax: wish.waitMsMax,
        timestamps: wish.timestamps,
      },
      ...{ keepsHeaders: wish.keepsHeaders, speed: record.speed, state, message: waitsFor ?? record.message },
      through: through && { name: through.name, targets: through.targets },
      redrives: plan.redrives && { processor: plan.redrives.processor, reason: plan.redrives.reason },
      ...counts,
      ...{
        total: plan.total,
        sentPerSecond: work ? progress.perSecond : 0,
        next: work && progress.next,
        shortened: { ...progress.shortened },
        missed,
        missedRanges,
      },
      ...{ startedAt: record.startedAt, endedAt: record.endedAt },
    };
  }

  /** Of a replay: what it has read. */
  function readBy({ record: { state, plan }, progress }: Listed): ReadRange[] {
    const positions = new Map(progress.saved.positions.map(({ shard, offset }) => [shard, offset]));
    return plan.ranges.map(({ number, from, until }) => ({
      shard: number,
      from,
      until: state === 'done' ? until : (positions.get(number) ?? from),
    }));
  }

  const all = (): Replay[] => [...listed.values()].map(told).sort((a, b) => b.startedAt - a.startedAt);

  return {
    async redrive(redrives, into, through, begins) {
      const wish: ReplayWish = {
        ...{ stream: redrives.bad, from: { at: 'beginning' }, until: { at: 'now' }, keys: null, speed: null, waitMsMax: null },
        ...{ timestamps: 'original', keepsHeaders: true, into: { stream: into, shards: null }, through },
      };
      if (!registry.has(into)) throw new LabError('no-such-stream', `The stream “${into}”, where they came from, is not there any more.`);
      const told = (id: string, { ranges }: ReplayPlan): void =>
        begins(
          id,
          ranges.map(({ number, from, until }) => ({ shard: number, from, until })),
        );
      return (await start(wish, true, redrives, told)).id;
    },
    sentBy(id) {
      const one = listed.get(id);
      return one ? { ranges: readBy(one), isOver: one.record.state === 'done' || one.record.state === 'cancelled' } : null;
    },
    list: all,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      const working = [...listed.values()].filter(({ work }) => work !== null);
      await Promise.all(working.map(halt));
      for (const one of working) keep(one);
      isClosed = true;
      for (const { recording } of listed.values()) clearTimeout(recording);
    },
    service: {
      list: all,
      watch: (_input, { signal }) =>
        conflate({
          subscribe(listener) {
            listeners.add(listener);
            return () => listeners.delete(listener);
          },
          take: all,
          intervalMs: WATCH_INTERVAL_MS,
          signal,
        }),
      preview: (wish, { signal }) => previewReplay(parts, planning, wish, signal),
      async start({ intoExisting, ...wish }) {
        const { id } = await start(wish, intoExisting);
        const { through, target } = find(id).record.plan;
        const notes = notesOf(parts, wish, through ? through.targets.map(({ stream }) => stream) : [target.stream]);
        return { id, notes };
      },
      async pause({ id }) {
        const one = find(id);
        if (one.record.state !== 'running') return;
        one.record.state = 'paused';
        await halt(one);
        keep(one);
        changed();
      },
      resume({ id }) {
        const one = find(id);
        const { state } = one.record;
        if (one.work !== null || state === 'done' || state === 'cancelled') return;
        assertRoom();
        Object.assign(one.record, { state: 'running', message: null, endedAt: null });
        keep(one);
        begin(one);
      },
      async cancel({ id }) {
        const one = find(id);
        if (one.record.state === 'done' || one.record.state === 'cancelled') return;
        one.record.state = 'cancelled';
        await halt(one);
        // It may have come to its end just now.
        if (one.record.state === 'cancelled') end(one, 'cancelled', null);
      },
      setSpeed({ id, speed }) {
        const one = find(id);
        one.record.speed = speed;
        keep(one);
        one.work?.setSpeed(speed);
        changed();
      },
      dismiss({ id }) {
        const one = find(id);
        if (hasEnded(one.record)) drop(one);
      },
    },
  };
}
