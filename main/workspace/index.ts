/**
 * A workspace is a folder that holds everything one lab knows:
 *
 *   catalog.sqlite      names of streams, settings, kept events, lessons, jobs to be heard of (catalog.ts)
 *   lab.lock            held by the engine that has the workspace open, naming it (main/log/lock.ts)
 *   running.json        where the lab is to be reached that serves it (runningLab.ts)
 *   processors/         sources of processors, one file each, and what an editor needs to know of them (main/processors/sourceFolder.ts)
 *   event-times/        orders by event time, one file a stream (main/eventTimes); made from the log, and made again where they are missing
 *   broker-1.sqlite     the log of broker 1, beside broker-1.lock; one of each for every broker
 */
import path from 'node:path';
import type { Settings } from '../api/lab.ts';
import { acquireLock, type Lock } from '../log/index.ts';
import { type ArrivingProcessors, createArrivingProcessors } from './arrivingProcessors.ts';
import { type Catalog, openCatalog, withLabErrors } from './catalog.ts';
import { CATALOG_FILE, prepareFolder } from './folder.ts';
import { createJobRecords, type JobRecords } from './jobRecords.ts';
import { createKeptEvents, type KeptEvents } from './keptEvents.ts';
import { createLessonRecords, type LessonRecords } from './lessonRecords.ts';
import { createProcessorRecords, type ProcessorRecords } from './processorRecords.ts';
import { createRedriveRecords, type RedriveRecords } from './redriveRecords.ts';
import { createReplayRecords, type ReplayRecords } from './replayRecords.ts';
import { createSettings, type SettingsStore } from './settings.ts';
import { createStreamRecords, type StreamRecords } from './streamRecords.ts';
import { createTrustRecords, type TrustRecords } from './trustRecords.ts';

/** How long a new engine waits for the one before it to let go of the workspace, milliseconds. */
export const LOCK_WAIT_MS = 5_000;

/** Shape of cluster/brokerProcess.ts, which this room does not know. */
interface BrokerBoot {
  brokerId: number;
  file: string;
  durability: Settings['durability'];
}

export interface Workspace {
  /** Absolute path of the folder. */
  path: string;
  /** Its last part, shown as its name. */
  name: string;
  streams: StreamRecords;
  settings: SettingsStore;
  keptEvents: KeptEvents;
  lessons: LessonRecords;
  jobs: JobRecords;
  processors: ProcessorRecords;
  arrivingProcessors: ArrivingProcessors;
  trust: TrustRecords;
  replays: ReplayRecords;
  redrives: RedriveRecords;
  /** What a broker is told when it is started. */
  brokerBoot(id: number): BrokerBoot;
  close(): void;
}

/**
 * Opens the workspace in `folder`, or makes one there. `holder` is named to others who find it in use: the program ("the desktop app") and the process to signal.
 * Errors: `workspace-in-use` (names the holder), `workspace-unwritable`, `format-too-new`, `not-a-log`.
 */
export async function openWorkspace(
  folder: string,
  holder: { program: string; pid: number },
  lockWaitMs = LOCK_WAIT_MS,
): Promise<Workspace> {
  const root = path.resolve(folder);
  prepareFolder(root);
  const lock = await acquireLock(path.join(root, 'lab.lock'), { ...holder, since: new Date().toISOString() }, { waitMs: lockWaitMs });
  try {
    return assemble(root, lock, openCatalog(path.join(root, CATALOG_FILE)));
  } catch (error) {
    lock.release();
    throw error;
  }
}

function assemble(root: string, lock: Lock, catalog: Catalog): Workspace {
  const settings = withLabErrors(catalog, createSettings(catalog));
  return {
    path: root,
    name: path.basename(root),
    streams: withLabErrors(catalog, createStreamRecords(catalog)),
    settings,
    keptEvents: withLabErrors(catalog, createKeptEvents(catalog)),
    lessons: withLabErrors(catalog, createLessonRecords(catalog)),
    jobs: withLabErrors(catalog, createJobRecords(catalog)),
    processors: withLabErrors(catalog, createProcessorRecords(catalog)),
    arrivingProcessors: withLabErrors(catalog, createArrivingProcessors(catalog)),
    trust: withLabErrors(catalog, createTrustRecords(catalog)),
    replays: withLabErrors(catalog, createReplayRecords(catalog)),
    redrives: withLabErrors(catalog, createRedriveRecords(catalog)),
    brokerBoot: (brokerId) => ({ brokerId, file: path.join(root, `broker-${brokerId}.sqlite`), durability: settings.get().durability }),
    close() {
      catalog.close();
      lock.release();
    },
  };
}
