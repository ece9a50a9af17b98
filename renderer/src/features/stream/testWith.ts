/** The processors that an event can be tried with: those that read its stream. */
import type { EventDetail } from '../../../../main/api/events.ts';
import type { LabState } from '../../state/lab.svelte.ts';
import { navigate, processorPath } from '../../state/route.svelte.ts';

export function testItems(lab: LabState, event: EventDetail): { label: string; onselect: () => void }[] {
  return lab.processors
    .filter(({ current, state }) => state !== 'untrusted' && current?.inputs.includes(event.stream))
    .map(({ name }) => ({ label: name, onselect: () => navigate(processorPath(name, event)) }));
}
