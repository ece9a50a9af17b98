/** Sets the shop up, by what everybody can do in the lab: streams are made, samples are deployed. And takes it down. */
import { LabError } from '../../../../main/api/errors.ts';
import type { LabState } from '../../state/lab.svelte.ts';
import { isAtWork } from '../processors/states.ts';
import { withPatience, type Patience } from './patience.ts';
import { CHAIN, COUPONS, DERIVED, RAW, workerOf } from './shopPlan.ts';

/** The sample that is a morning of this shop. */
const MORNING = 'nile-shop';

/** Whatever is there stays as it is. Processors begin with what comes from now on. */
export async function setUpShop(lab: LabState, patience: Patience): Promise<void> {
  const { streams, processors } = lab.client;
  if (!lab.stream(RAW)) await loadMorning(lab);
  const there = await streams.list({});
  const shards = there.find(({ name }) => name === RAW)!.shards.length;
  for (const name of [DERIVED, COUPONS]) if (!there.some((stream) => stream.name === name)) await streams.create({ name, shards });
  const samples = await processors.samples({});
  const known = await processors.list({});
  for (const link of CHAIN) {
    const worker = workerOf(link, known);
    if (worker) {
      if (!isAtWork(worker)) await processors.resume({ name: worker.name });
      continue;
    }
    const { source } = samples.find(({ name }) => name === link.sample)!;
    // A file of that name is somebody's own: it is deployed as it is.
    const own = known.some(({ name }) => name === link.sample) ? null : link.hasWindow ? withPatience(source, patience) : source;
    await processors.deploy({ name: link.sample, source: own, guarantee: null, start: { at: 'latest' }, anew: false });
  }
}

async function loadMorning(lab: LabState): Promise<void> {
  const { jobId } = await lab.client.samples.load({ id: MORNING });
  for await (const jobs of lab.client.jobs.watch({})) {
    const job = jobs.find(({ id }) => id === jobId);
    if (!job || job.state === 'running') continue;
    if (job.state !== 'done') throw new LabError('internal', job.message);
    return;
  }
}

/** Its processors are removed; `withStreams`: what they wrote is deleted, too. */
export async function removeShop(lab: LabState, withStreams: boolean): Promise<void> {
  for (const link of [...CHAIN].reverse()) {
    const worker = workerOf(link, lab.processors);
    if (worker) await lab.client.processors.remove({ name: worker.name });
  }
  if (!withStreams) return;
  for (const name of [COUPONS, DERIVED]) if (lab.stream(name)) await lab.client.streams.delete({ name });
}
