/** A replay is offered from where the reader stands. */
import { openDialog } from '../../state/dialogs.svelte.ts';
import { NO_TIME } from '../../ui/format.ts';
import type { PaneState } from './pane.svelte.ts';

/** From the event that is selected, else from the first row that shows; of a reader that follows the end, or stands at the beginning, from there. */
export function openReplay(pane: PaneState): void {
  openDialog('replay', { stream: pane.stream, start: { from: from(pane), shards: pane.shards } });
}

function from(pane: PaneState): bigint | null {
  const { selected, following, view } = pane;
  const isAtBeginning = following || view.firstVisible <= view.firstRow;
  const row = selected ?? (isAtBeginning ? null : pane.cache.row(view.firstVisible));
  return row && row.timestamp !== NO_TIME ? row.timestamp : null;
}
