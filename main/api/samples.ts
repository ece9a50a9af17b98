/** Samples: streams with a story that come with the lab (resources/samples). */
import * as v from 'valibot';
import { call, type } from './contract.ts';
import { nothing } from './values.ts';

export interface SampleInfo {
  id: string;
  title: string;
  /** One or two sentences. */
  summary: string;
  stream: string;
  shards: number;
  events: number;
}

export const samples = {
  list: call(nothing, type<SampleInfo[]>()),
  /** Makes the sample's stream and fills it, as a job. */
  load: call(v.strictObject({ id: v.string() }), type<{ jobId: string }>(), { errors: ['no-such-sample', 'stream-exists', 'broker-down'] }),
};
