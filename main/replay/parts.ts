/** What replays work with. */
import type { ProcessorShape } from '../api/processors.ts';
import type { Cluster } from '../cluster/cluster.ts';
import type { BatchReader } from '../events/batches.ts';
import type { Spawner } from '../processes/spawner.ts';
import type { StreamRegistry } from '../streams/registry.ts';
import type { ReplayRecords } from '../workspace/replayRecords.ts';
import type { Flow } from './loops.ts';

export interface ReplayParts {
  records: ReplayRecords;
  registry: StreamRegistry;
  cluster: Cluster;
  reader: BatchReader;
  /** The processors that are deployed, with the streams that they read and write. */
  flows: () => Flow[];
  /** Loads a source apart from what is deployed; null: that of the file of this name. Throws as `processors.check` does. */
  load: (name: string, source: string | null) => Promise<{ source: string; shape: ProcessorShape }>;
  /** A redrive leaves the list: what it has sent. */
  redriven: (id: string, ranges: { shard: number; from: bigint; until: bigint }[]) => void;
  /** Path of the geo database, as of now. */
  geoFile: () => string;
  spawner: Spawner;
  /** False in a program that opens the workspace for a moment: what is to run rests, until somebody resumes it there. */
  runs: boolean;
  now: () => number;
  random: () => number;
}
