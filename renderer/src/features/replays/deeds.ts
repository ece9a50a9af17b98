/** What can be done with a replay. Failures are shown as notices, those of one replay in place of each other. */
import type { Replay } from '../../../../main/api/replays.ts';
import type { LabState } from '../../state/lab.svelte.ts';

export function doing(lab: LabState, { id }: Pick<Replay, 'id'>) {
  const attempt = async (work: () => Promise<void>): Promise<void> => void (await lab.attempt(work, { about: `replay ${id}` }));
  const { replays } = lab.client;
  return {
    pause: () => attempt(() => replays.pause({ id })),
    resume: () => attempt(() => replays.resume({ id })),
    cancel: () => attempt(() => replays.cancel({ id })),
    dismiss: () => attempt(() => replays.dismiss({ id })),
    setSpeed: (speed: number | null) => attempt(() => replays.setSpeed({ id, speed })),
  };
}
