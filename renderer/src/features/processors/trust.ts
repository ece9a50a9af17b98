/** A text that came with a workspace from elsewhere is trusted by whoever has it on screen. */
import type { ProcessorSummary } from '../../../../main/api/processors.ts';
import type { LabState } from '../../state/lab.svelte.ts';

/** One that was paused when its workspace was exported stays so; one that was never deployed does not run by itself. */
export function trustWord({ current, state, wasPaused }: ProcessorSummary): string {
  return current && state === 'untrusted' && !wasPaused ? 'Trust and run' : 'Trust it';
}

export async function trust(lab: LabState, { name }: ProcessorSummary, source: string): Promise<void> {
  const { state } = await lab.client.processors.trust({ name, source });
  const next =
    state === 'paused'
      ? 'It is paused: run it when you like.'
      : state === 'draft'
        ? 'It was never deployed.'
        : 'It goes on where it stood.';
  lab.notify(`“${name}” is trusted. ${next}`);
}
