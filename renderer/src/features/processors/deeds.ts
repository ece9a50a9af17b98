/** What can be done with a processor, on its column and on its editor. */
import type { ProcessorSummary } from '../../../../main/api/processors.ts';
import { proposeProcessor } from '../bench/proposal.ts';
import { openDialog } from '../../state/dialogs.svelte.ts';
import type { LabState } from '../../state/lab.svelte.ts';
import { navigate, processorPath } from '../../state/route.svelte.ts';

interface Deed {
  label: string;
  onselect: () => void;
  danger?: boolean;
  disabled?: boolean;
}

/** Failures are shown as notices, those of one processor in place of each other. */
export function doing(lab: LabState, { name }: ProcessorSummary): Record<'pause' | 'resume' | 'kill', () => Promise<void>> {
  const attempt = async (work: () => Promise<void>): Promise<void> => void (await lab.attempt(work, { about: `processor ${name}` }));
  const { processors } = lab.client;
  return {
    pause: () => attempt(() => processors.pause({ name })),
    resume: () => attempt(() => processors.resume({ name })),
    kill: () => attempt(() => processors.kill({ name })),
  };
}

export function menuOf(lab: LabState, processor: ProcessorSummary): Deed[] {
  const { name, current, state, isFileTrusted } = processor;
  const up = lab.connection === 'up';
  return [
    { label: isFileTrusted ? 'Edit' : 'Open its file', onselect: () => navigate(processorPath(name)) },
    {
      label: current ? 'Deploy…' : 'Deploy for the first time…',
      disabled: !up || !isFileTrusted,
      onselect: () => openDialog('deployProcessor', { processor: name }),
    },
    { label: 'Rehearse on the bench…', disabled: !up || state === 'untrusted', onselect: () => proposeProcessor(lab, processor) },
    { label: 'Versions…', disabled: !up || !current, onselect: () => openDialog('processorVersions', { processor: name }) },
    {
      label: 'Kill its process',
      disabled: !up || !['running', 'starting'].includes(state),
      danger: true,
      onselect: () => void doing(lab, processor).kill(),
    },
    { label: 'Remove…', disabled: !up, danger: true, onselect: () => openDialog('removeProcessor', { processor: name }) },
  ];
}
