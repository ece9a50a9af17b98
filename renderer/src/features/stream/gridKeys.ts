/** The keyboard in the grid of events. */
import type { PaneState } from './pane.svelte.ts';
import type { StreamView } from './streamView.svelte.ts';

type Deed = (view: StreamView, pane: PaneState) => void;

const deeds: Record<string, Deed> = {
  ArrowUp: (_, pane) => pane.move(-1),
  ArrowDown: (_, pane) => pane.move(1),
  k: (_, pane) => pane.move(-1),
  j: (_, pane) => pane.move(1),
  PageUp: (_, pane) => pane.movePage(-1),
  PageDown: (_, pane) => pane.movePage(1),
  Home: (_, pane) => pane.moveTo(pane.firstRow),
  End: (_, pane) => pane.moveTo(pane.lastRow),
  Enter: (view, pane) => pane.cursor !== null && view.open(pane, pane.cursor),
  Escape: (view, pane) => (view.detailOpen ? view.closeDetail() : pane.deselect()),
  ' ': (_, pane) => (pane.following ? pane.pause() : pane.follow()),
};

export function gridKey(event: KeyboardEvent, view: StreamView, pane: PaneState): void {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target !== event.currentTarget) return;
  const deed = deeds[event.key];
  if (!deed || pane.lastRow < pane.firstRow) return;
  event.preventDefault();
  view.activate(pane);
  deed(view, pane);
}
