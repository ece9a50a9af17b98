/** Replays in the palette: those that run can be paused there, the others resumed. */
import { isUnderWay } from '../../../../main/api/replays.ts';
import type { Action } from '../../state/actions.svelte.ts';
import type { LabState } from '../../state/lab.svelte.ts';
import { navigate } from '../../state/route.svelte.ts';
import { doing } from './deeds.ts';

export function replayActions(lab: LabState): Action[] {
  const up = lab.connection === 'up';
  return [
    { id: 'go-replays', title: 'Replays', group: 'Go to', keys: 'Shift+A', run: () => navigate('#/replays') },
    ...lab.replays.flatMap((replay): Action[] => {
      const name = `the replay of ${replay.stream} into ${replay.into}`;
      const { pause, resume, cancel } = doing(lab, replay);
      const runs = isUnderWay(replay) && replay.state !== 'resting';
      const stands = replay.state === 'paused' || replay.state === 'resting' || replay.state === 'failed';
      return [
        ...(runs ? [{ id: `pause-${replay.id}`, title: `Pause ${name}`, group: 'Replays', enabled: up, run: () => void pause() }] : []),
        ...(stands
          ? [{ id: `resume-${replay.id}`, title: `Resume ${name}`, group: 'Replays', enabled: up, run: () => void resume() }]
          : []),
        ...(runs || replay.state === 'paused'
          ? [{ id: `cancel-${replay.id}`, title: `Cancel ${name}`, group: 'Replays', enabled: up, run: () => void cancel() }]
          : []),
      ];
    }),
  ];
}
