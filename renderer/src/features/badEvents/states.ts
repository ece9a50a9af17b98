/** What became of bad events, in a word. */
import { BAD_STATES, type BadGroup, type BadState } from '../../../../main/api/badEvents.ts';
import { formatCount } from '../../ui/format.ts';

export const stateWords: Record<BadState, { word: string; tone: 'good' | 'bad' | 'warn' | 'plain'; says: string }> = {
  open: { word: 'open', tone: 'warn', says: 'Nobody has dealt with it.' },
  waiting: { word: 'on its way', tone: 'plain', says: 'It was sent back, and its processor has not come to it yet.' },
  'failed-again': { word: 'bad again', tone: 'bad', says: 'It was sent back, and is bad once more, as another event.' },
  succeeded: { word: 'succeeded', tone: 'good', says: 'It was sent back, and processed.' },
  sent: {
    word: 'sent back',
    tone: 'plain',
    says: 'It was sent back, through another processor or to one that is not deployed: what became of it is not known.',
  },
};

/** "3 open, 2 succeeded" */
export function countsOf({ states }: Pick<BadGroup, 'states'>): string {
  return BAD_STATES.filter((state) => states[state] > 0)
    .map((state) => `${formatCount(states[state])} ${stateWords[state].word}`)
    .join(', ');
}
