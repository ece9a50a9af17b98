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
import { LabError } from '../../api/errors.ts';
import { parentChannel } from '../../processes/parentChannel.ts';
import { connectLocal } from '../../rpc/adapters/localSocket.ts';
import { createPeer } from '../../rpc/peer.ts';
import { compileProcessor } from '../compile.ts';
import { createHeartbeat, type Heartbeat } from './heartbeat.ts';
import { processorContract, type Simulated } from '../processorContract.ts';
import type { Realm } from '../realm/realm.ts';
import { loadProcessor } from './sandbox.ts';
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
    console.error(error);
    process.exit(1);
  });
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {});
// Left behind by code that was asynchronous all the same: its step has failed already.
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

  async function* simulated(run: (simulation: Simulation) => Iterator<Simulated>): AsyncGenerator<Simulated> {
    if (!simulation) throw new LabError('bad-input', 'No processor is loaded.');
    const parts = run(simulation);
    for (;;) {
      heartbeat.beat();
      const { value, done } = parts.next();
      // What is asynchronous all the same runs now, and may have no end.
      await nextTurn();
      heartbeat.rest();
      if (done) return;
      yield value;
    }
  }

  return {
    async load({ source, fileName, seed }) {
      nameFile(fileName);
      const code = compileProcessor(source, fileName);
      heartbeat.beat();
      try {
        const { realm, declaration, log } = loadProcessor(realmScript, code, { fileName, seed });
        simulation = new Simulation(watched(realm, heartbeat), declaration);
        await nextTurn();
        return { declaration, log };
      } finally {
        heartbeat.rest();
      }
    },
    simulate: ({ records }) => simulated((one) => one.run(records)),
    runOn: ({ ms }) => simulated((one) => one.runOn(ms)),
  };
}

/** The same realm, its steps told to the watchdog. */
function watched(realm: Realm, heartbeat: Heartbeat): Realm {
  const step = (run: () => void): void => {
    heartbeat.beat();
    run();
  };
  return {
    ...realm,
    event: (...args) => step(() => realm.event(...args)),
    window: (...args) => step(() => realm.window(...args)),
    punctuate: (...args) => step(() => realm.punctuate(...args)),
  };
}
