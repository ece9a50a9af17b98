/** The processors that an event can be tried with: those that read its stream, whatever they call it. */
import type { EventDetail } from '../../../../main/api/events.ts';
import type { LabState } from '../../state/lab.svelte.ts';
import { calledHere } from '../processors/streamNames.ts';
import { navigate, processorPath } from '../../state/route.svelte.ts';

export function testItems(lab: LabState, event: EventDetail): { label: string; onselect: () => void }[] {
  return lab.processors
    .filter(
      ({ current, state, streams }) =>
        state !== 'untrusted' && current?.inputs.some((input) => calledHere({ streams }, input) === event.stream),
    )
    .map(({ name }) => ({ label: name, onselect: () => navigate(processorPath(name, event)) }));
}
