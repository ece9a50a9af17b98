/** The calls of api/samples.ts: streams with a story, from resources/samples. Each is a folder with sample.json and events.ndjson. */
import { createReadStream, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { DomainHandlers } from '../api/contract.ts';
import { LabError, toLabError } from '../api/errors.ts';
import { recordFromJson } from '../api/recordJson.ts';
import type { SampleInfo, samples } from '../api/samples.ts';
import type { NewRecord } from '../api/values.ts';
import type { JobHandle, Jobs } from '../jobs/jobs.ts';
import type { Appender } from '../produce/append.ts';
import type { StreamRegistry } from '../streams/registry.ts';

/** Events of a sample in one append: few, so that its appends interleave as a real morning's would. */
const PART_EVENTS = 100;

export interface SamplesServiceParts {
  folder: string;
  registry: StreamRegistry;
  appender: Appender;
  jobs: Jobs;
}

export function createSamplesService({ folder, registry, appender, jobs }: SamplesServiceParts): DomainHandlers<typeof samples> {
  const infos = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => JSON.parse(readFileSync(path.join(folder, entry.name, 'sample.json'), 'utf8')) as SampleInfo);

  async function fill(info: SampleInfo, job: JobHandle): Promise<void> {
    try {
      const file = createReadStream(path.join(folder, info.id, 'events.ndjson'));
      let part: NewRecord[] = [];
      let done = 0;
      const flush = async (): Promise<void> => {
        if (part.length > 0) await appender.append(info.stream, part);
        done += part.length;
        part = [];
        job.progress({ done, events: done });
      };
      for await (const line of createInterface({ input: file, crlfDelay: Infinity })) {
        if (job.signal.aborted) throw new LabError('cancelled', 'Cancelled.');
        if (line !== '') part.push(recordFromJson(line));
        if (part.length >= PART_EVENTS) await flush();
      }
      await flush();
      job.end('done', `${done.toLocaleString('en')} events are in “${info.stream}”.`);
    } catch (error) {
      const { code, message } = toLabError(error);
      // Half a story is of no use: the stream was made for it, and goes with it.
      const kept = await registry.delete(info.stream).then(
        () => 'The stream it had begun was deleted again.',
        () => `What was loaded of it is in “${info.stream}”.`,
      );
      job.end(code === 'cancelled' ? 'cancelled' : 'failed', `${message} ${kept}`);
    }
  }

  return {
    list: () => infos,
    async load({ id }) {
      const info = infos.find((each) => each.id === id);
      if (!info) throw new LabError('no-such-sample', `There is no sample “${id}”.`);
      await registry.create(info.stream, info.shards);
      const { title, stream, events: total } = info;
      try {
        const job = jobs.start({
          kind: 'sample',
          title: `Load the sample ${title}`,
          stream,
          unit: 'events',
          total,
          streamMade: true,
          message: 'Loading.',
        });
        void fill(info, job);
        return { jobId: job.job.id };
      } catch (error) {
        // It did not begin, so it leaves nothing behind.
        await registry.delete(stream);
        throw error;
      }
    },
  };
}
