/**
 * The watchdog of a processor's process, in a thread of its own: code that never returns holds up everything else there. A step that takes too
 * long, or too much memory, ends the process; before that it is found out at which line it was and with which event, and said.
 */
import { once } from 'node:events';
import type { Debugger, InspectorNotification } from 'node:inspector';
import { Session } from 'node:inspector/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { connectLocal } from '../../rpc/adapters/localSocket.ts';
import { createPeer } from '../../rpc/peer.ts';
import { stepUnderWay } from './heartbeat.ts';
import { createStepClock } from './stepClock.ts';
import { type EventUnderWay, watchdogContract } from '../processorContract.ts';

/** Most memory of the process, bytes. */
const MEMORY_BYTES_MAX = 512 * 1024 * 1024;
/** How often it looks, milliseconds. */
const LOOK_MS = 50;
/** What it takes at most to find the place and to say so, milliseconds; of memory it may take as much again meanwhile. */
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
  if (isEnding) {
    if (process.memoryUsage.rss() > 2 * MEMORY_BYTES_MAX) process.kill(process.pid, 'SIGKILL');
    return;
  }
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

/** It is said at once, and once more with the place where that is found: on a machine that has much to do that may take too long. */
async function end(what: string): Promise<void> {
  isEnding = true;
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), LAST_WORDS_MS);
  try {
    const { ending } = createPeer(await connectLocal(address, secret)).client(watchdogContract).watchdog;
    await ending({ why: `${what}. Its process was ended.`, event: null });
    const { line, event } = await placeUnderWay();
    const at = line === null ? '' : `, at ${fileName}:${line}`;
    const of = event ? `, with the event at offset ${event.offset} of ${event.stream}, shard ${event.shard}` : '';
    await ending({ why: `${what}${at}${of}. Its process was ended.`, event });
  } finally {
    process.kill(process.pid, 'SIGKILL');
  }
}

interface PlaceUnderWay {
  /** Of the processor's file, from 1; null where something else runs. */
  line: number | null;
  /** The one that is processed; null in a window, and while the file is loaded. */
  event: EventUnderWay | null;
}

async function placeUnderWay(): Promise<PlaceUnderWay> {
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
  // What the event is has been given to the function of this name around the code; nothing needs to be noted for each event.
  const step = params.callFrames.find(({ location, functionName }) => functionName === 'event' && !own.has(location.scriptId));
  return { line: frame ? frame.location.lineNumber + 1 : null, event: step ? await eventOf(session, step).catch(() => null) : null };
}

async function eventOf(session: Session, { scopeChain }: Debugger.CallFrame): Promise<EventUnderWay | null> {
  const objectId = scopeChain.find(({ type }) => type === 'local')?.object.objectId;
  if (objectId === undefined) return null;
  const { result } = await session.post('Runtime.getProperties', { objectId, ownProperties: true });
  const given = new Map(result.map(({ name, value }) => [name, value?.value as unknown]));
  const [stream, shard, offset] = [given.get('stream'), given.get('shard'), given.get('offset')];
  const isKnown = typeof stream === 'string' && typeof shard === 'number' && typeof offset === 'string';
  return isKnown ? { stream, shard, offset } : null;
}
