/** The calls of api/lab.ts: which workspace is open, how the parts do, the settings. */
import type { DomainHandlers } from '../api/contract.ts';
import { LabError } from '../api/errors.ts';
import { BROKERS_MAX, type BrokerStatus, type lab, type LabStatus } from '../api/lab.ts';
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
  command: string;
}

export function createLabService({ workspace, cluster, summaries, version, command }: LabServiceParts): DomainHandlers<typeof lab> {
  const { settings } = workspace;
  const status = (): LabStatus => ({
    brokers: cluster.brokers(),
    durability: settings.get().durability,
    ...summaries.total(),
    appendP99Ms: cluster.appendP99Ms(),
  });
  let isAdding = false;

  async function addBroker(): Promise<BrokerStatus> {
    const id = settings.brokers() + 1;
    if (id > BROKERS_MAX) throw new LabError('too-many', `A workspace has at most ${BROKERS_MAX} brokers.`);
    if (isAdding) throw new LabError('too-many', 'A broker is being added just now. Try again in a moment.', { retriable: true });
    isAdding = true;
    try {
      // Before it can be given shards: one that the workspace does not know would be missed at the next start.
      settings.setBrokers(id);
      await cluster.addBroker(workspace.brokerBoot(id)).catch((error: unknown) => {
        settings.setBrokers(id - 1);
        throw error;
      });
      return cluster.brokers().find((broker) => broker.id === id)!;
    } finally {
      isAdding = false;
    }
  }

  return {
    info: () => ({
      version,
      command,
      workspace: { name: workspace.name, path: workspace.path, isDefault: workspace.path === defaultWorkspace() },
      platform: process.platform,
    }),
    watch: (_input, { signal }) =>
      conflate({
        subscribe(changed) {
          const stops = [summaries.onChange(changed), settings.onChange(changed)];
          return () => stops.forEach((stop) => stop());
        },
        take: status,
        intervalMs: STATUS_INTERVAL_MS,
        signal,
      }),
    settings: () => settings.get(),
    async changeSettings(named) {
      const changed = settings.change(named);
      if (named.durability) await cluster.setDurability(named.durability);
      return changed;
    },
    addBroker,
    killBroker: ({ id }) => cluster.kill(id),
  };
}
