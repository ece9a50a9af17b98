/** What can be done with the event that is open, for the palette and the keyboard. */
import type { Action } from '../../state/actions.svelte.ts';
import type { LabState } from '../../state/lab.svelte.ts';
import { copyItems } from './copyAs.ts';
import { detailTabs } from './detail.svelte.ts';
import { testItems } from './testWith.ts';
import type { StreamView } from './streamView.svelte.ts';

export function eventActions(lab: LabState, view: StreamView): Action[] {
  const { event } = view.detail;
  if (view.detailPane === null || event === null) return [];
  const group = 'Event';
  return [
    ...detailTabs
      .filter(({ value }) => value !== view.detail.tab)
      .map(({ value, label }) => ({
        id: `event-tab-${value}`,
        group,
        title: value === 'event' ? 'Show the event itself' : `Show the event as ${label}`,
        run: () => (view.detail.tab = value),
      })),
    ...copyItems(lab, event).map(({ label, disabled, onselect }) => ({
      id: `event-copy-${label}`,
      group,
      title: `Copy as: ${label}`,
      enabled: disabled !== true,
      run: onselect,
    })),
    ...testItems(lab, event).map(({ label, onselect }) => ({
      id: `event-test-${label}`,
      group,
      title: `Test with ${label}`,
      run: onselect,
    })),
  ];
}
