import { expect, it } from 'vitest';
import type { EventDetail } from '../../../main/api/events.ts';
import type { ProcessorState, ProcessorSummary } from '../../../main/api/processors.ts';
import { testItems } from '../../../renderer/src/features/stream/testWith.ts';
import type { LabState } from '../../../renderer/src/state/lab.svelte.ts';

const processor = (name: string, input: string, streams = {}, state: ProcessorState = 'running'): ProcessorSummary =>
  ({ name, state, streams, current: { inputs: [input] } }) as unknown as ProcessorSummary;

it('an event can be tried with those that read its stream, by whatever name', () => {
  const processors = [
    processor('reads-it', 'raw'),
    processor('reads-it-as-another', 'theirs', { theirs: 'raw' }),
    processor('reads-another-as-it', 'raw', { raw: 'raw-2' }),
    processor('from-elsewhere', 'raw', {}, 'untrusted'),
  ];
  const lab = { processors } as unknown as LabState;
  expect(testItems(lab, { stream: 'raw' } as EventDetail).map(({ label }) => label)).toEqual(['reads-it', 'reads-it-as-another']);
});
