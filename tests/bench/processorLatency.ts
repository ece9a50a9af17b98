/**
 * How long an event takes from the call that appends it to when what a processor has made of it can be read, at a steady rate, durability `safe`:
 * that is two commits, each synced to the disk. What it is held against is the first of them alone, from the call to its answer, of the same events.
 * The parts of the engine are put together here, so that the reader can ask the broker as processors do, and nothing is asked again and again.
 */
import path from 'node:path';
import { brokerContract } from '../../main/cluster/brokerContract.ts';
import type { BrokerClient } from '../../main/cluster/brokerLink.ts';
import { startCluster } from '../../main/cluster/cluster.ts';
import { decodeBatch } from '../../main/log/index.ts';
import { createNodeSpawner } from '../../main/processes/nodeSpawner.ts';
import { createProcessors } from '../../main/processors/service.ts';
import { createAppender } from '../../main/produce/append.ts';
import { connectLocal } from '../../main/rpc/adapters/localSocket.ts';
import { createPeer } from '../../main/rpc/peer.ts';
import { agreeWithCatalog, createStreamRegistry } from '../../main/streams/registry.ts';
import { openWorkspace } from '../../main/workspace/index.ts';
import type { Figure } from './bench.ts';
import { never, PASS_THROUGH, root, withFolder } from './lab.ts';

const EVENTS_PER_SECOND = 1_000;
const VALUE_BYTES = 200;
/** How long it is measured, after how long, seconds. */
const [MEASURED_S, WARM_UP_S] = [20, 5];

export async function latency(): Promise<Figure> {
  return withFolder(async (folder) => {
    const lab = await openParts(folder);
    await lab.registry.create('in', 1);
    const out = await lab.registry.create('out', 1);
    await lab.processors.service.deploy({ name: 'pass', source: PASS_THROUGH, guarantee: null, start: null, anew: false }, never);
    const { address, secret } = await lab.cluster.access(1);
    const peer = createPeer(await connectLocal(address, secret));
    const events = (MEASURED_S + WARM_UP_S) * EVENTS_PER_SECOND;
    const sentAt: number[] = [];
    const answeredAt: number[] = [];
    const reading = readAll(peer.client(brokerContract).broker, out.shards[0]!.shardId, events);
    await send(events, async (number) => {
      sentAt[number] = performance.now();
      const text = JSON.stringify({ number, note: '' });
      const value = Buffer.from(text.replace('""', `"${'x'.repeat(VALUE_BYTES - text.length)}"`));
      await lab.appender.append('in', [{ key: null, value, headers: [], timestamp: BigInt(Date.now()), shard: 0 }]);
      answeredAt[number] = performance.now();
    });
    const readAt = await reading;
    peer.close();
    await lab.close();
    const took = (ats: readonly number[]): number[] =>
      ats
        .map((at, number) => at - sentAt[number]!)
        .slice(WARM_UP_S * EVENTS_PER_SECOND)
        .sort((one, other) => one - other);
    const shareOf = (sorted: readonly number[], share: number): number => sorted[Math.floor(sorted.length * share)]!;
    const [all, append] = [took(readAt), took(answeredAt)];
    const [p99, ceiling] = [shareOf(all, 0.99), shareOf(append, 0.99)];
    const [p50, appendP50] = [shareOf(all, 0.5), shareOf(append, 0.5)].map((ms) => `p50 ${ms.toFixed(1)} ms`);
    return {
      what: `append → processor → append at ${EVENTS_PER_SECOND} events/s, safe: p99 (${p50}), against the append alone (${appendP50})`,
      value: p99,
      unit: 'ms',
      ceiling,
      ratio: p99 / ceiling,
      wanted: 'under 15 ms',
      isMet: p99 < 15,
    };
  });
}

/** Each when its time has come, whether those before it are answered or not. */
async function send(count: number, append: (number: number) => Promise<unknown>): Promise<void> {
  const began = performance.now();
  const answers: Promise<unknown>[] = [];
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const due = Math.min(count, Math.floor(((performance.now() - began) / 1_000) * EVENTS_PER_SECOND));
      while (answers.length < due) answers.push(append(answers.length));
      if (answers.length < count) return;
      clearInterval(timer);
      resolve();
    }, 1);
  });
  await Promise.all(answers);
}

/** When each event could be read, by its number. */
async function readAll(broker: BrokerClient, shardId: number, count: number): Promise<number[]> {
  const readAt: number[] = [];
  for (let offset = 0n, got = 0; got < count;) {
    await broker.awaitMore({ places: [{ shardId, offset }], ms: 10_000 });
    const { batches } = await broker.fetch({ shardId, from: offset, bytesMax: 1024 * 1024 });
    const now = performance.now();
    for (const batch of batches) {
      for (const { value } of decodeBatch(batch.bytes))
        readAt[(JSON.parse(Buffer.from(value!).toString()) as { number: number }).number] = now;
      offset = batch.lastOffset + 1n;
      got += batch.recordCount;
    }
  }
  return readAt;
}

async function openParts(folder: string) {
  const workspace = await openWorkspace(folder, { program: 'a bench', pid: process.pid });
  workspace.settings.change({ durability: 'safe' });
  const spawner = createNodeSpawner(path.join(root, 'dist/main'));
  const cameUp = (_id: number, client: BrokerClient): Promise<void> => agreeWithCatalog(workspace.streams, client);
  const controller = (): never => {
    throw new Error('Nothing listens here.');
  };
  const cluster = await startCluster({ controller, spawner, boots: [workspace.brokerBoot(1)], cameUp });
  const [now, random] = [Date.now, Math.random];
  const registry = createStreamRegistry(workspace.streams, cluster, now);
  const appender = createAppender({ registry, cluster, settings: workspace.settings, now, random });
  const shared = { registry, cluster, spawner, folder: path.join(folder, 'processors'), resources: path.join(root, 'resources') };
  const { processors: records, trust, arrivingProcessors: arriving } = workspace;
  const processors = createProcessors({ ...{ records, trust, arriving }, ...shared, runs: true, now, random });
  return {
    ...{ registry, cluster, appender, processors },
    async close() {
      await processors.close();
      await cluster.close();
      workspace.close();
    },
  };
}
