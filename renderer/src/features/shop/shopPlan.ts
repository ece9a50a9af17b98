/** What the shop needs of the lab, and how far it is there: three streams, and two processors one behind the other. */
import type { ProcessorSummary } from '../../../../main/api/processors.ts';
import type { StreamSummary } from '../../../../main/api/streams.ts';
import { calledHere } from '../processors/streamNames.ts';
import { isAtWork, stateWords } from '../processors/states.ts';

export const RAW = 'raw-events';
export const DERIVED = 'derived-events';
export const COUPONS = 'coupons';

export interface ChainLink {
  /** The name of the sample that it is. */
  sample: string;
  from: string;
  to: string;
  does: string;
  /** It must act by the wall clock: who waits for a session to end comes too late. */
  hasWindow: boolean;
}

export const CHAIN: readonly ChainLink[] = [
  {
    ...{ sample: 'abandoned-cart-v1', from: RAW, to: DERIVED, hasWindow: true },
    does: 'reads what shoppers do, and tells of carts that were left standing',
  },
  { ...{ sample: 'coupon', from: DERIVED, to: COUPONS, hasWindow: false }, does: 'gives a coupon to who is still there' },
];

/** What the page knows of the lab; of LabState. */
export interface KnownLab {
  streams: readonly StreamSummary[];
  streamsKnown: boolean;
  processors: readonly ProcessorSummary[];
  processorsKnown: boolean;
}

/** Who does the work of a link: any processor that reads and writes as it does, one that is at work before one that is not. */
export function workerOf(link: ChainLink, processors: readonly ProcessorSummary[]): ProcessorSummary | undefined {
  const able = processors.filter(
    ({ current, streams }) =>
      current !== null &&
      current.inputs.some((input) => calledHere({ streams }, input) === link.from) &&
      current.outputs.some((output) => calledHere({ streams }, output) === link.to) &&
      (!link.hasWindow || current.windowMs !== null),
  );
  return able.find(isAtWork) ?? able[0];
}

export type Standing =
  | { is: 'unknown' }
  /** There is no stream to write to. */
  | { is: 'closed' }
  /** Some of the chain are not there. */
  | { is: 'unwatched'; missing: string[] }
  /** One of them is there, and not at work. */
  | { is: 'still'; worker: ProcessorSummary }
  | { is: 'open' };

export function standingOf(lab: KnownLab): Standing {
  if (!lab.streamsKnown || !lab.processorsKnown) return { is: 'unknown' };
  if (!lab.streams.some(({ name }) => name === RAW)) return { is: 'closed' };
  const workers = CHAIN.map((link) => workerOf(link, lab.processors));
  const missing = CHAIN.filter((_, at) => !workers[at]).map(({ sample }) => sample);
  if (missing.length > 0) return { is: 'unwatched', missing };
  const still = workers.find((worker) => worker && !isWell(worker));
  return still ? { is: 'still', worker: still } : { is: 'open' };
}

/** It works, or is about to. */
const isWell = ({ state }: ProcessorSummary): boolean => ['starting', 'running', 'parked'].includes(state);

export interface PlannedPart {
  kind: 'stream' | 'processor';
  name: string;
  isThere: boolean;
  /** What it is, or what is done about it. */
  says: string;
}

export interface ShopPlan {
  parts: PlannedPart[];
  /** Whether how long a cart may stand is to be decided now. */
  asksPatience: boolean;
  /** Why it can not be set up, in a sentence. */
  problem: string | null;
}

/** What is there, and what setting it up will do. */
export function shopPlan({ streams, processors }: Pick<KnownLab, 'streams' | 'processors'>): ShopPlan {
  const shardsOf = (name: string): number | undefined => streams.find((stream) => stream.name === name)?.shards.length;
  const rawShards = shardsOf(RAW);
  const parts: PlannedPart[] = [RAW, DERIVED, COUPONS].map((name) => {
    const isThere = shardsOf(name) !== undefined;
    const made = name === RAW ? 'is made, with one morning of the shop in it' : 'is made, with the same number of shards';
    return { kind: 'stream', name, isThere, says: isThere ? 'is there' : made };
  });
  let problem: string | null = null;
  let asksPatience = false;
  for (const link of CHAIN) {
    const worker = workerOf(link, processors);
    const named = processors.find(({ name }) => name === link.sample);
    const { name, isThere, says } = worker
      ? workerPart(worker)
      : { name: link.sample, isThere: false, says: `${link.does}; it is deployed` };
    parts.push({ kind: 'processor', name, isThere, says });
    if (worker?.state === 'untrusted') problem ??= `${name} came with a workspace from elsewhere. Look at its source, and trust it, first.`;
    if (!worker && named?.current)
      problem ??= `There is a processor ${link.sample} that does not read ${link.from} and write ${link.to}. Remove it, or deploy it as it was.`;
    if (link.hasWindow && !named) asksPatience = !worker;
  }
  const derivedShards = shardsOf(DERIVED);
  if (rawShards !== undefined && derivedShards !== undefined && derivedShards !== rawShards)
    problem ??= `${RAW} and ${DERIVED} need the same number of shards, so that a shopper’s events meet. They have ${rawShards} and ${derivedShards}.`;
  return { parts, asksPatience, problem };
}

function workerPart(worker: ProcessorSummary): { name: string; isThere: boolean; says: string } {
  const { word } = stateWords[worker.state];
  if (isAtWork(worker)) return { name: worker.name, isThere: true, says: `is ${word}` };
  return { name: worker.name, isThere: false, says: `is ${word}; it is run again` };
}
