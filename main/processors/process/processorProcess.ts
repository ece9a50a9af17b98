/**
 * The process of a processor: one that was written by someone else, so it does nothing but run it (sandbox.ts) and answer for it. It ends when
 * its control channel closes, and its watchdog ends it when it hangs or takes too much memory.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import v8 from 'node:v8';
import { Worker } from 'node:worker_threads';
import type { DomainHandlers } from '../../api/contract.ts';
import { LabError, toLabError } from '../../api/errors.ts';
import { parentChannel } from '../../processes/parentChannel.ts';
import { connectLocal } from '../../rpc/adapters/localSocket.ts';
import { createPeer } from '../../rpc/peer.ts';
import { compileProcessor } from '../compile.ts';
import { createHeartbeat, type Heartbeat } from './heartbeat.ts';
import { processorContract, type Simulated } from '../processorContract.ts';
import type { Realm } from '../realm/realm.ts';
import { LiveProcessor } from './live/liveProcessor.ts';
import type { ColumnService } from './rehearsal/columnService.ts';
import { type LoadedProcessor, loadProcessor, type LoadOptions } from './sandbox.ts';
import { Simulation } from './simulation.ts';
import type { WatchdogBoot } from './watchdogThread.ts';

/** To a processor's process. */
export interface ProcessorBoot {
  type: 'boot';
  /** Of the local socket where it is waited for. */
  address: string;
  secret: string;
  /** The same for its watchdog. */
  watchdogAddress: string;
}

// A second wall around the code: even what got out of its realm could not make code of text.
v8.setFlagsFromString('--disallow-code-generation-from-strings');
// What local time is must not depend on the machine.
process.env.TZ = 'UTC';

const parent = parentChannel();
parent.onClose(() => process.exit(0));
parent.onMessage((message) => {
  boot(message as ProcessorBoot).catch((error: unknown) => {
    // Whoever started it may be gone by now.
    if (toLabError(error).code !== 'disconnected') console.error(error);
    process.exit(1);
  });
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {});
// Left behind by code that was asynchronous all the same: its step has failed already, or the realm knows that it was late.
process.on('unhandledRejection', () => {});

async function boot({ address, secret, watchdogAddress }: ProcessorBoot): Promise<void> {
  const { memory, heartbeat } = createHeartbeat();
  const watchdog = new Worker(path.join(import.meta.dirname, 'processorWatchdog.js'), {
    workerData: { memory, address: watchdogAddress, secret } satisfies WatchdogBoot,
  });
  const realmScript = readFileSync(path.join(import.meta.dirname, '../realm/realm.js'), 'utf8');
  const handlers = { processor: createService(realmScript, heartbeat, (fileName) => watchdog.postMessage(fileName)) };
  createPeer(await connectLocal(address, secret), { serve: { contract: processorContract, handlers } });
}

function createService(
  realmScript: string,
  heartbeat: Heartbeat,
  nameFile: (fileName: string) => void,
): DomainHandlers<(typeof processorContract)['processor']> {
  let simulation: Simulation | null = null;
  let live: LiveProcessor | null = null;

  async function* simulated(run: (simulation: Simulation) => Iterator<Simulated>): AsyncGenerator<Simulated> {
    if (!simulation) throw nothingLoaded();
    const parts = run(simulation);
    for (;;) {
      let next: IteratorResult<Simulated> | undefined;
      await burst(() => (next = parts.next()));
      if (next!.done) return;
      yield next!.value;
    }
  }

  let latest: Realm | null = null;

  /** Some steps, watched. What is asynchronous all the same runs before it ends, and may have no end; what it did then is no answer. */
  async function burst(steps: () => void): Promise<void> {
    heartbeat.beat();
    try {
      steps();
      await nextTurn();
    } finally {
      heartbeat.rest();
    }
    const late = latest?.late() ?? null;
    if (late !== null) throw new LabError('bad-input', late);
  }

  /** `prepared`: what is done with the code before it runs. */
  async function load(
    { source, fileName, seed, geoFile }: LoadOptions & { source: string },
    prepared: (code: string) => string = (code) => code,
  ): Promise<LoadedProcessor> {
    nameFile(fileName);
    const code = prepared(compileProcessor(source, fileName));
    let loaded: LoadedProcessor | undefined;
    latest = null;
    await burst(() => (loaded = loadProcessor(realmScript, code, { fileName, seed, geoFile })));
    latest = loaded!.realm;
    return { ...loaded!, realm: watched(latest, heartbeat) };
  }

  function restored(): LiveProcessor {
    if (live) return live;
    throw nothingLoaded();
  }

  let columns: Promise<ColumnService> | null = null;
  /** Loaded where it is needed: a live processor has nothing of it. */
  function ofColumns(): Promise<ColumnService> {
    return (columns ??= import('./rehearsal/columnService.ts').then(({ createColumnService }) => createColumnService(load, burst)));
  }

  return {
    async *rehearse(column, { signal }) {
      yield* (await ofColumns()).rehearse(column, signal);
    },
    goUpTo: async ({ position, isLast }) => (await ofColumns()).goUpTo(position, isLast),
    async *checkColumn(column, { signal }) {
      yield* (await ofColumns()).check(column, signal);
    },
    async load(source) {
      const { realm, declaration, log } = await load(source);
      simulation = new Simulation(source.fileName.replace(/\.ts$/, ''), realm, declaration);
      return { declaration, log };
    },
    simulate: ({ records }) => simulated((one) => one.run(records)),
    runOn: ({ ms }) => simulated((one) => one.runOn(ms)),
    async restore(boot) {
      live?.close();
      live = null;
      const { realm, declaration, log } = await load(boot);
      const made = await LiveProcessor.restored({ boot, realm, declaration, burst });
      live = made.live;
      return { declaration, log, entries: made.entries };
    },
    run: (_input, { signal }) => restored().run(signal),
    stop: () => restored().stop(),
    hold: () => restored().hold(),
    goOn: () => restored().goOn(),
    raise: ({ tasks }) => restored().raise(tasks),
    entries: (asked) => restored().entries(asked),
  };
}

function nothingLoaded(): LabError {
  return new LabError('bad-input', 'No processor is loaded.');
}

/** The same realm, its steps told to the watchdog. */
function watched(realm: Realm, heartbeat: Heartbeat): Realm {
  return {
    ...realm,
    event(stream, shard, offset, timestamp, key, text, headers) {
      heartbeat.beat();
      realm.event(stream, shard, offset, timestamp, key, text, headers);
    },
    window(shard, time) {
      heartbeat.beat();
      realm.window(shard, time);
    },
    punctuate(shard, time) {
      heartbeat.beat();
      realm.punctuate(shard, time);
    },
  };
}
