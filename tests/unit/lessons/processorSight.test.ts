import { expect, it } from 'vitest';
import type { ProcessorSummary } from '../../../main/api/processors.ts';
import { ProcessorSight } from '../../../main/lessons/processorSight.ts';

const processor = (streams: Record<string, string>): ProcessorSummary =>
  ({ name: 'cart', state: 'running', in: 10, bad: 0, restarts: 0, streams, current: { version: 1 } }) as unknown as ProcessorSummary;

it('one that came along with other streams is not the one of the lesson, though it is there', () => {
  const [own, other] = [processor({}), processor({ 'raw-events': 'raw-events-2' })].map((each) => new ProcessorSight(() => [each]));
  expect(own!.runs({ name: 'cart', in: 10 })).toBe(true);
  expect(other!.runs({ name: 'cart', in: 10 })).toBe(false);
  expect(other!.runs({ name: 'cart', version: 0 })).toBe(true);
});
