/**
 * The watchdog of a processor's process, in a thread of its own: code that never returns holds up everything else there. A step that takes too
 * long, or too much memory, ends the process; before that it is found out at which line it was, and said.
 */
import { once } from 'node:events';
import type { Debugger, InspectorNotification } from 'node:inspector';
import { Session } from 'node:inspector/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { connectLocal } from '../../rpc/adapters/localSocket.ts';
import { createPeer } from '../../rpc/peer.ts';
import { stepUnderWay } from './heartbeat.ts';
import { createStepClock } from './stepClock.ts';
import { watchdogContract } from '../processorContract.ts';

/** Most memory of the process, bytes. */
const MEMORY_BYTES_MAX = 512 * 1024 * 1024;
/** How often it looks, milliseconds. */
const LOOK_MS = 50;
/** What it takes at most to find the line and to say so, milliseconds: a machine that is busy with other things takes long to do either. */
const LAST_WORDS_MS = 5_000;

export interface WatchdogBoot {
  memory: SharedArrayBuffer;
  /** Where whoever started the process listens for the watchdog. */
  address: string;
  secret: string;
}

const { memory, address, secret } = workerData as WatchdogBoot;
let fileName = '';
const steps = createStepClock(() => ({ wallMs: performance.now(), computedMs: computedMs() }));
let isEnding = false;

parentPort!.on('message', (name: string) => (fileName = name));
setInterval(look, LOOK_MS);

function look(): void {
  if (isEnding) return;
  const overdue = steps.look(stepUnderWay(memory));
  if (process.memoryUsage.rss() > MEMORY_BYTES_MAX) {
    void end(`It took more than ${MEMORY_BYTES_MAX / 1024 / 1024} MiB of memory`);
  } else if (overdue !== null) {
    void end(overdue);
  }
}

/** What all threads of this process have computed, milliseconds. */
function computedMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

async function end(what: string): Promise<void> {
  isEnding = true;
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), LAST_WORDS_MS);
  try {
    const line = await lineUnderWay().catch(() => null);
    const why = `${what}${line === null ? '' : `, at ${fileName}:${line}`}. Its process was ended.`;
    await createPeer(await connectLocal(address, secret))
      .client(watchdogContract)
      .watchdog.ending({ why });
  } finally {
    process.kill(process.pid, 'SIGKILL');
  }
}

/** Of the processor's file, from 1; null where something else runs. */
async function lineUnderWay(): Promise<number | null> {
  const session = new Session();
  session.connectToMainThread();
  const own = new Set<string>();
  session.on('Debugger.scriptParsed', ({ params }) => {
    if (params.url === fileName) own.add(params.scriptId);
  });
  await session.post('Debugger.enable');
  const paused = once(session, 'Debugger.paused') as Promise<[InspectorNotification<Debugger.PausedEventDataType>]>;
  await session.post('Debugger.pause');
  const [{ params }] = await paused;
  const frame = params.callFrames.find(({ location }) => own.has(location.scriptId));
  return frame ? frame.location.lineNumber + 1 : null;
}
