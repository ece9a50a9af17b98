/** The samples that come with the lab. */
import type { SampleInfo } from '../../../../main/api/samples.ts';
import type { LabState } from '../../state/lab.svelte.ts';
import { navigate, streamPath } from '../../state/route.svelte.ts';

/** Loads a sample and shows its stream, or shows the stream that was loaded before. A failure is said as a notice. */
export async function openSample(lab: LabState, { id, stream }: Pick<SampleInfo, 'id' | 'stream'>): Promise<void> {
  if (lab.stream(stream) || (await lab.attempt(() => lab.client.samples.load({ id })))) navigate(streamPath(stream));
}

/** The first sample, where only one is asked for. */
export async function openFirstSample(lab: LabState): Promise<void> {
  const [first] = (await lab.attempt(() => lab.client.samples.list({}), { reading: true })) ?? [];
  if (first) await openSample(lab, first);
}
