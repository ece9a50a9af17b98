/**
 * The engine: the only place where the parts are put together. It opens the workspace, starts its brokers and builds the services
 * that answer the contract of main/api. It knows nothing of pages, windows or sockets: whoever hosts it serves `services` over a Port.
 */
import path from 'node:path';
import { LabError } from './api/errors.ts';
import type { LabServices } from './api/index.ts';
import { BROKERS_MAX } from './api/lab.ts';
import type { ControllerHandlers } from './cluster/brokerLink.ts';
import { type Cluster, startCluster } from './cluster/cluster.ts';
import { createImportService } from './connectors/files/service.ts';
import { createBadEventsService } from './badEvents/service.ts';
import { createBatchReader } from './events/batches.ts';
import { recentKeys } from './events/recentKeys.ts';
import { createEventsService } from './events/service.ts';
import { addressesOf, createClientsServices } from './endpoints/kafka/clients.ts';
import { createKafkaListeners } from './endpoints/kafka/listeners.ts';
import { createEventTimeIndexes } from './eventTimes/indexes.ts';
import { createEventTimesService } from './eventTimes/service.ts';
import { createJobs } from './jobs/jobs.ts';
import { createLabService } from './lab/service.ts';
import { createLessonService } from './lessons/service.ts';
import type { Spawner } from './processes/spawner.ts';
import { createAppender } from './produce/append.ts';
import { createRehearsals } from './processors/rehearsal/service.ts';
import { createProcessors } from './processors/service.ts';
import { streamOf } from './processors/wiring.ts';
import { createProduceService } from './produce/service.ts';
import { createReaders } from './readers/readers.ts';
import { createReplays } from './replay/service.ts';
import { createSamplesService } from './samples/service.ts';
import { createController } from './streams/controller.ts';
import { createStreamRegistry, agreeWithCatalog } from './streams/registry.ts';
import { createStreamsService } from './streams/service.ts';
import { createSummaries } from './streams/summaries.ts';
import { createVerifyService } from './verify/service.ts';
import { createWorkspaceService } from './workspace/file/service.ts';
import { openWorkspace, type Workspace } from './workspace/index.ts';

export interface EngineOptions {
  /** Folder of the workspace; made where there is none. */
  workspace: string;
  /** Who opens it, as others are told who find it in use: "the desktop app". */
  program: string;
  /** The process to signal to close it. */
  pid: number;
  /** From now on, kept in the workspace; null for what it has. */
  durability: 'safe' | 'fast' | null;
  /** So many brokers, kept in the workspace: more are added, fewer are an error. Null for as many as it has. */
  brokers: number | null;
  /** Folder with samples and lessons. */
  resources: string;
  version: string;
  /** See LabInfo (api/lab.ts). */
  command: string;
  spawner: Spawner;
  /** Whether processors that are to run do: not in a program that has the workspace open for a moment. */
  runsProcessors: boolean;
  /** Kafka's port of the first broker: null for the default, or the next free one; 0 for any. Null in its place: nothing listens. */
  kafka: { port: number | null } | null;
  /** How long to wait for whoever has the workspace open to let go of it, milliseconds; LOCK_WAIT_MS where nothing is said. */
  lockWaitMs?: number;
  /** Milliseconds since 1970. */
  now: () => number;
  /** From 0 up to, not including, 1. */
  random: () => number;
}

export interface Engine {
  services: LabServices;
  workspace: { name: string; path: string };
  /** Where the brokers listen for Kafka's clients, host:port. */
  kafka: string[];
  /** Stops the brokers, closes the files, lets go of the workspace. */
  close(): Promise<void>;
}

/** Errors: those of {@link openWorkspace}, and `broker-down` where a broker can not be started. */
export async function createEngine(options: EngineOptions): Promise<Engine> {
  const workspace = await openWorkspace(options.workspace, { program: options.program, pid: options.pid }, options.lockWaitMs);
  try {
    if (options.durability) workspace.settings.change({ durability: options.durability });
    let assembled: Assembled | null = null;
    const cluster = await startCluster({
      // Asked for only by brokers that listen, which none does before all is put together.
      controller: () => assembled!.controller,
      spawner: options.spawner,
      boots: Array.from({ length: brokersOf(workspace, options.brokers) }, (_, index) => workspace.brokerBoot(index + 1)),
      cameUp: (_brokerId, client) => agreeWithCatalog(workspace.streams, client),
    });
    assembled = assemble(options, workspace, cluster);
    if (options.kafka) await assembled.listen();
    return assembled.engine;
  } catch (error) {
    workspace.close();
    throw error;
  }
}

/** Throws `bad-input` for fewer than there are, and for too many. */
function brokersOf({ settings }: Workspace, wanted: number | null): number {
  const has = settings.brokers();
  if (wanted === null || wanted === has) return has;
  if (wanted < has) {
    throw new LabError('bad-input', `This workspace has ${has} brokers, each with shards of its own; it can not be opened with ${wanted}.`);
  }
  if (wanted > BROKERS_MAX) throw new LabError('bad-input', `A workspace has at most ${BROKERS_MAX} brokers, not ${wanted}.`);
  settings.setBrokers(wanted);
  return wanted;
}

interface Assembled {
  engine: Engine;
  controller: ControllerHandlers;
  /** Opens the listeners; closes all where one can not be opened. */
  listen(): Promise<void>;
}

function assemble(options: EngineOptions, workspace: Workspace, cluster: Cluster): Assembled {
  const { resources, version, command, now, random } = options;
  const registry = createStreamRegistry(workspace.streams, cluster, now);
  const kafka = createKafkaListeners(cluster, options.kafka?.port ?? null);
  const controller = createController({
    ...{ registry, cluster, settings: workspace.settings },
    ...{ clusterId: workspace.settings.clusterId(), kafkaPorts: kafka },
  });
  const summaries = createSummaries(registry, cluster, now);
  const reader = createBatchReader(cluster);
  const indexes = createEventTimeIndexes(registry, cluster, path.join(workspace.path, 'event-times'));
  const jobs = createJobs(workspace.jobs, now);
  const readers = createReaders(registry);
  const appender = createAppender({ registry, cluster, settings: workspace.settings, now, random });
  const processors = createProcessors({
    records: workspace.processors,
    trust: workspace.trust,
    arriving: workspace.arrivingProcessors,
    registry,
    cluster,
    spawner: options.spawner,
    folder: path.join(workspace.path, 'processors'),
    resources,
    runs: options.runsProcessors,
    now,
    random,
  });
  const { spawner } = options;
  const { sourceOf } = processors;
  const rehearsals = createRehearsals({ registry, cluster, spawner, folder: path.join(workspace.path, 'rehearsals'), sourceOf });
  const replays = createReplays({
    records: workspace.replays,
    registry,
    cluster,
    reader,
    flows: () =>
      workspace.processors.all().flatMap(({ name, version, streams }) => {
        const current = workspace.processors.versions(name).find((each) => each.version === version);
        if (!current) return [];
        const here = (called: string): string => streamOf(called, streams);
        return [{ name, inputs: current.inputs.map(here), outputs: current.outputs.map(here) }];
      }),
    load: processors.load,
    redriven(id, ranges) {
      const record = workspace.redrives.byId(id);
      if (!record || record.isSettled) return;
      const sent = ranges.map(({ shard, from, until }) => ({ shard, from: String(from), until: String(until) }));
      workspace.redrives.put({ ...record, ranges: sent, isSettled: true }, now());
    },
    geoFile: processors.geoFile,
    spawner: options.spawner,
    runs: options.runsProcessors,
    now,
    random,
  });
  const kafkaServices = createClientsServices(cluster, kafka);
  const lessons = createLessonService({
    folder: path.join(resources, 'lessons'),
    records: workspace.lessons,
    registry,
    cluster,
    readers: readers.all,
    processors: processors.list,
    rehearsals: rehearsals.open,
    replays: replays.list,
    removeProcessor: processors.remove,
    durability: () => workspace.settings.get().durability,
    requests: (filter, signal) => kafkaServices.requests.watch({ filter }, { signal, caller: signal }),
    onChange(listener) {
      const stops = [cluster, registry, readers, processors, rehearsals, replays, workspace.settings].map((part) =>
        part.onChange(listener),
      );
      return () => stops.forEach((stop) => stop());
    },
  });

  const engine: Engine = {
    workspace: { name: workspace.name, path: workspace.path },
    get kafka() {
      return addressesOf(kafka).map(({ host, port }) => `${host}:${port}`);
    },
    services: {
      lab: createLabService({ workspace, cluster, summaries, version, command }),
      streams: createStreamsService({
        registry,
        summaries,
        recentKeys: (places, most) => recentKeys(cluster, reader, places, most),
      }),
      events: createEventsService(registry, cluster, reader),
      eventTimes: createEventTimesService({ registry, cluster, reader, indexes }),
      produce: createProduceService(registry, appender, workspace.keptEvents, now),
      processors: processors.service,
      rehearsals: rehearsals.service,
      imports: createImportService({ registry, cluster, appender, jobs, settings: workspace.settings }),
      jobs: jobs.service,
      samples: createSamplesService({ folder: path.join(resources, 'samples'), registry, appender, jobs }),
      readers: readers.service,
      replays: replays.service,
      badEvents: createBadEventsService({
        records: workspace.redrives,
        processors: processors.summaries,
        ...{ registry, cluster, reader, appender, replays, now },
      }),
      lessons: lessons.handlers,
      verify: createVerifyService(registry, cluster),
      ...kafkaServices,
      workspace: createWorkspaceService({
        ...{ registry, cluster, readers: readers.all, settings: workspace.settings, jobs, version, now },
        processors,
      }),
    },
    async close() {
      kafka.close();
      controller.close();
      lessons.close();
      await rehearsals.close();
      await replays.close();
      await processors.close();
      summaries.close();
      jobs.close();
      await indexes.close();
      await cluster.close();
      workspace.close();
    },
  };
  return {
    engine,
    controller: controller.handlers,
    async listen() {
      try {
        await kafka.open();
        // Whoever connects now is told of all brokers.
        const generation = controller.generation();
        await Promise.all([...kafka.get().keys()].map((id) => cluster.kafka(id).reached({ generation })));
      } catch (error) {
        await engine.close();
        throw error;
      }
    },
  };
}
