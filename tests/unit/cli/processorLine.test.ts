import { expect, it } from 'vitest';
import type { ProcessorSummary } from '../../../main/api/processors.ts';
import { lineOf } from '../../../main/cli/processors.ts';

it('a processor is listed with its streams as they are called here', () => {
  const current = {
    version: 1,
    deployedAt: 0,
    inputs: ['raw', 'others'],
    outputs: ['good'],
    stores: [],
    windowMs: null,
    punctuateMs: null,
  };
  const summary = { name: 'mine', tasks: [], out: {}, current, streams: { raw: 'raw-2', good: 'good-2' } } as unknown as ProcessorSummary;
  expect(JSON.parse(lineOf(summary))).toMatchObject({ inputs: ['raw-2', 'others'], outputs: ['good-2'] });
  expect(JSON.parse(lineOf({ ...summary, current: null }))).toMatchObject({ inputs: [], outputs: [], version: null });
});
