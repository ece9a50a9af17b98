/** The calls of api/lab.ts: which workspace is open, how the parts do, the settings. */
import type { DomainHandlers } from '../api/contract.ts';
import type { lab, LabStatus } from '../api/lab.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { conflate } from '../rpc/conflate.ts';
import type { Summaries } from '../streams/summaries.ts';
import { defaultWorkspace } from '../workspace/defaultFolder.ts';
import type { Workspace } from '../workspace/index.ts';

/** Pages hear of the lab's state at most this often, milliseconds. */
const STATUS_INTERVAL_MS = 500;

export interface LabServiceParts {
  workspace: Workspace;
  cluster: Cluster;
  summaries: Summaries;
  version: string;
  durability: 'safe' | 'fast';
}

export function createLabService({ workspace, cluster, summaries, version, durability }: LabServiceParts): DomainHandlers<typeof lab> {
  const status = (): LabStatus => ({ brokers: cluster.brokers(), ...summaries.total(), appendP99Ms: cluster.appendP99Ms() });
  return {
    info: () => ({
      version,
      workspace: { name: workspace.name, path: workspace.path, isDefault: workspace.path === defaultWorkspace() },
      durability,
      platform: process.platform,
    }),
    watch: (_input, { signal }) =>
      conflate({ subscribe: (changed) => summaries.onChange(changed), take: status, intervalMs: STATUS_INTERVAL_MS, signal }),
    settings: () => workspace.settings.get(),
    changeSettings: (settings) => workspace.settings.change(settings),
  };
}
