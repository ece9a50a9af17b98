/** The states of a processor in a word, with the tone of its tag. */
import type { Guarantee, ProcessorState, ProcessorSummary } from '../../../../main/api/processors.ts';

/** As a Tag has it. */
type Tone = 'good' | 'bad' | 'warn' | 'plain';

export const stateWords: Record<ProcessorState, { word: string; tone: Tone }> = {
  draft: { word: 'not deployed', tone: 'plain' },
  untrusted: { word: 'not trusted', tone: 'warn' },
  starting: { word: 'starting', tone: 'plain' },
  running: { word: 'running', tone: 'good' },
  parked: { word: 'parked', tone: 'plain' },
  waiting: { word: 'waiting', tone: 'warn' },
  restarting: { word: 'restarting', tone: 'warn' },
  paused: { word: 'paused', tone: 'plain' },
  failed: { word: 'failed', tone: 'bad' },
  resting: { word: 'resting', tone: 'plain' },
};

export const guaranteeWords: Record<Guarantee, { word: string; promise: string }> = {
  'exactly-once': {
    word: 'exactly once',
    promise:
      'What it writes, what it remembers and where it stands are one commit. After a crash nothing is missing and nothing is there twice.',
  },
  'at-least-once': {
    word: 'at least once',
    promise:
      'It notes where it stands once a second, after it has written. After a crash some events are processed again, and their results are there twice.',
  },
  'at-most-once': {
    word: 'at most once',
    promise: 'It notes where it stands before it processes. After a crash the results of some events are missing.',
  },
};

/** Whether it does something, or would at once if something came. */
export const isAtWork = ({ state }: ProcessorSummary): boolean =>
  ['starting', 'running', 'parked', 'waiting', 'restarting'].includes(state);

/** Said where it is chosen, in a lab of several brokers. */
export const promiseAcrossBrokers =
  'What it writes to streams of other brokers than its state is committed with the state, and sent right after: it comes a moment later, still once.';

/** What holds where a task's outputs lie on other brokers than its state. */
export function acrossBrokers({ guarantee }: ProcessorSummary): string {
  if (guarantee === 'exactly-once')
    return 'Some of its streams lie on other brokers than its state. What goes there is committed with the state, and sent right after: it comes a moment later, still once.';
  return 'Some of its streams lie on other brokers than its state: they are written one after the other.';
}

/** The line of its file that the lab's sentence names, where the file still says what ran; null where it names none. */
export function lineNamed({ name, message, hasChanges }: ProcessorSummary): number | null {
  const at = message === null || hasChanges ? -1 : message.lastIndexOf(`${name}.ts:`);
  const line = at === -1 ? Number.NaN : Number.parseInt(message!.slice(at + name.length + 4), 10);
  return Number.isNaN(line) ? null : line;
}
