/** What can be done from anywhere: the palette's standing actions. */
import type { LessonInfo } from '../../../../main/api/lessons.ts';
import type { Action } from '../../state/actions.svelte.ts';
import { openDialog } from '../../state/dialogs.svelte.ts';
import { hindrance } from '../../state/hindrance.ts';
import type { LabState } from '../../state/lab.svelte.ts';
import { preferences, type Theme } from '../../state/preferences.svelte.ts';
import { badPath, navigate, processorPath, route, streamPath } from '../../state/route.svelte.ts';
import type { Clock } from '../../ui/format.ts';
import { replayActions } from '../replays/replayActions.ts';
import { openFirstSample } from '../welcome/openSample.ts';
import type { JobsTrayState } from './jobsTray.svelte.ts';

const themes: Record<Theme, string> = { system: 'Theme: as the system', light: 'Theme: light', dark: 'Theme: dark' };
const clocks: Record<Clock, string> = { utc: 'Times: UTC', local: 'Times: local', epoch: 'Times: epoch milliseconds' };

interface FrameParts {
  openPalette: () => void;
  jobs: JobsTrayState;
  /** Those that there are. */
  lessons: readonly LessonInfo[];
}

export function frameActions(lab: LabState, parts: FrameParts): Action[] {
  const up = lab.connection === 'up';
  const stream = route.place.screen === 'stream' ? route.place.name : null;
  const summary = stream === null ? undefined : lab.stream(stream);
  const open = !hindrance(lab, summary)?.total && !summary?.isInternal;
  const doing: Action[] = [
    { id: 'palette', title: 'Find an action', keys: 'Mod+K', run: parts.openPalette },
    { id: 'new-stream', title: 'New stream', group: 'Do', keys: 'Shift+N', enabled: up, run: () => openDialog('newStream', {}) },
    {
      id: 'produce',
      title: stream ? `Produce into ${stream}` : 'Produce',
      group: 'Do',
      keys: 'Shift+P',
      enabled: open,
      run: () => openDialog('produce', { stream }),
    },
    {
      id: 'import',
      title: stream ? `Import a file into ${stream}` : 'Import a file',
      group: 'Do',
      keys: 'Shift+I',
      enabled: open,
      run: () => openDialog('import', { stream }),
    },
    { id: 'new-processor', title: 'New processor', group: 'Do', enabled: up, run: () => openDialog('newProcessor', {}) },
    { id: 'set-up-shop', title: 'Set up the shop…', group: 'Do', enabled: up, run: () => openDialog('setUpShop', {}) },
    { id: 'remove-shop', title: 'Take the shop down…', group: 'Do', enabled: up, run: () => openDialog('removeShop', {}) },
    { id: 'sample', title: 'Open the sample shop', group: 'Do', enabled: up, run: () => void openFirstSample(lab) },
    { id: 'verify', title: 'Verify the log', group: 'Do', enabled: up, run: () => openDialog('verify', {}) },
    { id: 'export-workspace', title: 'Export workspace…', group: 'Do', enabled: up, run: () => openDialog('exportWorkspace', {}) },
    { id: 'import-workspace', title: 'Import workspace…', group: 'Do', enabled: up, run: () => openDialog('importWorkspace', {}) },
    { id: 'jobs', title: 'Show or hide the jobs', group: 'Do', enabled: parts.jobs.jobs.length > 0, run: () => parts.jobs.toggle() },
    {
      id: 'leave-lesson',
      title: 'Leave the lesson',
      group: 'Do',
      enabled: up && lab.lesson !== null,
      run: () => void lab.attempt(() => lab.client.lessons.leave({})),
    },
  ];
  const keeping: Action[] = (['safe', 'fast'] as const).map((durability) => ({
    id: `durability-${durability}`,
    title: `Durability: ${durability}`,
    group: 'Do',
    enabled: up && lab.status !== null && lab.status.durability !== durability,
    run: () => void lab.attempt(() => lab.client.lab.changeSettings({ durability })),
  }));
  const learning: Action[] = parts.lessons.map(({ id, title, done }) => ({
    id: `lesson-${id}`,
    title: `${done > 0 ? 'Go on with the lesson' : 'Start the lesson'} “${title}”`,
    group: 'Learn',
    enabled: up && lab.lesson?.id !== id,
    run: () => void lab.attempt(() => lab.client.lessons.start({ id })),
  }));
  const going: Action[] = [
    { id: 'go-streams', title: 'All streams', group: 'Go to', keys: 'Shift+S', run: () => navigate('#/streams') },
    ...lab.streams.map((one) => ({
      id: `go-stream-${one.name}`,
      title: one.name,
      group: 'Go to',
      run: () => navigate(streamPath(one.name)),
    })),
    { id: 'go-processors', title: 'Processors', group: 'Go to', keys: 'Shift+O', run: () => navigate('#/processors') },
    ...lab.processors.map(({ name }) => ({
      id: `go-processor-${name}`,
      title: `Edit ${name}`,
      group: 'Go to',
      run: () => navigate(processorPath(name)),
    })),
    { id: 'go-shop', title: 'Nile shop', group: 'Go to', run: () => navigate('#/shop') },
    { id: 'go-bench', title: 'Bench', group: 'Go to', keys: 'Shift+R', run: () => navigate('#/bench') },
    { id: 'go-clients', title: 'Clients', group: 'Go to', keys: 'Shift+C', run: () => navigate('#/clients') },
    { id: 'go-requests', title: 'Requests: what clients ask', group: 'Go to', run: () => navigate('#/requests') },
    ...replayActions(lab),
    { id: 'go-bad', title: 'Bad events', group: 'Go to', enabled: lab.stream('bad') !== undefined, run: () => navigate(badPath('bad')) },
    { id: 'go-brokers', title: 'Brokers', group: 'Go to', keys: 'Shift+B', run: () => navigate('#/brokers') },
    { id: 'go-lessons', title: 'Lessons', group: 'Go to', keys: 'Shift+L', run: () => navigate('#/lessons') },
    { id: 'go-settings', title: 'Settings', group: 'Go to', keys: 'Mod+,', run: () => navigate('#/settings') },
    { id: 'go-welcome', title: 'Welcome', group: 'Go to', enabled: lab.streams.length === 0, run: () => navigate('#/') },
  ];
  const deleting = lab.streams.map((one) => ({
    id: `delete-stream-${one.name}`,
    title: `Delete ${one.name}`,
    group: 'Streams',
    enabled: up,
    run: () => openDialog('deleteStream', { stream: one.name }),
  }));
  const looking: Action[] = [
    ...Object.entries(themes).map(([theme, title]) => ({
      id: `theme-${theme}`,
      title,
      group: 'Look',
      enabled: preferences.theme !== theme,
      run: () => (preferences.theme = theme as Theme),
    })),
    ...Object.entries(clocks).map(([clock, title]) => ({
      id: `clock-${clock}`,
      title,
      group: 'Look',
      enabled: preferences.clock !== clock,
      run: () => (preferences.clock = clock as Clock),
    })),
    {
      id: 'internal-streams',
      title: preferences.showsInternalStreams ? 'Hide internal streams' : 'Show internal streams',
      group: 'Look',
      run: () => (preferences.showsInternalStreams = !preferences.showsInternalStreams),
    },
  ];
  return [...doing, ...learning, ...going, ...keeping, ...looking, ...deleting];
}
