/** What can be done on the screen of a stream, for the palette and the keyboard. Produce, import and delete are the frame's. */
import type { Action } from '../../state/actions.svelte.ts';
import { openDialog } from '../../state/dialogs.svelte.ts';
import type { LabState } from '../../state/lab.svelte.ts';
import { copy } from '../../state/copy.ts';
import { eventActions } from './eventActions.ts';
import { proposeStream } from '../bench/proposal.ts';
import { openReplay } from './openReplay.ts';
import { consumeCommand } from './recordText.ts';
import type { StreamView } from './streamView.svelte.ts';

/** Opens the dialogs that ask where to go; the pane that is active goes there. */
export interface GoTo {
  offset: () => void;
  time: () => void;
}

/** Shards that are offered one by one; the others are found under "Choose shards…". */
const SHARDS_OFFERED_MAX = 16;

interface Screen {
  lab: LabState;
  view: StreamView;
  goto: GoTo;
}

export function streamActions({ lab, view, goto }: Screen): Action[] {
  const pane = view.active;
  const stream = view.name;
  const group = stream;
  const summary = lab.stream(stream);
  const shards = summary?.shards ?? [];
  const up = lab.connection === 'up';
  const isLost = summary !== undefined && summary.problem !== null;
  const step = (rows: number) => (): void => {
    pane.move(rows);
    view.detailOpen = true;
  };
  return [
    ...eventActions(lab, view),
    {
      id: 'stream-follow',
      group,
      title: pane.following ? 'Pause the live tail' : 'Play live: follow the end',
      keys: 'P',
      run: () => (pane.following ? pane.pause() : pane.follow()),
    },
    { id: 'stream-beginning', group, title: 'Go to the beginning', run: () => view.toBeginning(pane) },
    { id: 'stream-end', group, title: 'Go to the end', run: () => pane.follow() },
    { id: 'stream-goto', group, title: 'Go to offset…', keys: 'Mod+G', run: goto.offset },
    { id: 'stream-goto-time', group, title: 'Go to time…', keys: 'Mod+Shift+G', run: goto.time },
    {
      id: 'stream-greatest',
      group,
      title: 'Go to the greatest timestamp',
      run: () => void lab.attempt(() => pane.toTime({ by: 'greatest-timestamp' }), { about: 'go to', reading: true }),
    },
    { id: 'stream-next', group, title: 'Next event', keys: 'J', run: step(1) },
    { id: 'stream-previous', group, title: 'Previous event', keys: 'K', run: step(-1) },
    { id: 'stream-detail', group, title: 'Close the event', enabled: view.detailOpen, run: () => view.closeDetail() },
    view.second
      ? { id: 'stream-second', group, title: 'Close reader B', run: () => view.closeSecond() }
      : { id: 'stream-second', group, title: 'Second reader', run: () => view.openSecond() },
    {
      id: 'stream-order',
      group,
      title: pane.order === 'append' ? 'Order by event time' : 'Order as appended',
      enabled: view.progress?.field != null,
      run: () => pane.orderBy(pane.order === 'append' ? 'event-time' : 'append'),
    },
    { id: 'stream-shards', group, title: 'Show all shards', enabled: pane.shards !== null, run: () => pane.chooseShards(null) },
    {
      id: 'stream-choose-shards',
      group,
      title: 'Choose shards…',
      enabled: shards.length > 1,
      run: () => (view.choosingShards = pane),
    },
    ...shards.slice(0, SHARDS_OFFERED_MAX).map(({ shard }) => ({
      id: `stream-shard-${shard}`,
      group,
      title: `Show shard ${shard} alone`,
      enabled: shards.length > 1 && pane.shards?.join() !== String(shard),
      run: () => pane.chooseShards([shard]),
    })),
    { id: 'stream-grow', group, title: 'Add shards…', enabled: up && !isLost, run: () => openDialog('growStream', { stream }) },
    { id: 'stream-settings', group, title: 'Stream settings…', enabled: up, run: () => openDialog('streamSettings', { stream }) },
    { id: 'stream-columns', group, title: 'Show the columns as they come', run: () => view.columns.reset() },
    { id: 'stream-connect', group, title: 'Connect a Kafka client…', run: () => openDialog('connect', { stream }) },
    { id: 'stream-replay', group, title: 'Replay…', enabled: up && !isLost && !summary?.isInternal, run: () => openReplay(pane) },
    {
      id: 'stream-rehearse',
      group,
      title: 'Rehearse on the bench…',
      enabled: up && !isLost && !summary?.isInternal,
      run: () => proposeStream(lab, stream),
    },
    { id: 'stream-export', group, title: 'Export to a file…', run: () => openDialog('export', { stream, shards: pane.shards }) },
    {
      id: 'stream-copy-consume',
      group,
      title: 'Copy the consume command',
      run: () => void copy(lab, consumeCommand(lab.info, stream), 'The command'),
    },
  ];
}
