/** Messages of the protocol: Kafka's own code writes the bytes that the unit tests hold ours against. RECORD=1 writes them anew. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { type ApiName, apis } from '../../../main/endpoints/kafka/apis/index.ts';
import { allSamples } from '../../unit/endpoints/kafka/sampleMessages.ts';
import { askKafka } from './library.ts';

const recorded = path.join(import.meta.dirname, '../../unit/endpoints/kafka/recorded');

test('what is recorded is what Kafka writes, every version of every request and response', async () => {
  const samples = allSamples();
  const lines = samples.map(({ api, direction, version, json }) =>
    [direction, apis[api].key, version, ascii(JSON.stringify(json))].join('\t'),
  );
  const written = await askKafka('messages', [], `${lines.join('\n')}\n`);
  expect(written).toHaveLength(samples.length);
  for (const api of Object.keys(apis) as ApiName[]) {
    const own = samples.flatMap((sample, index) => (sample.api === api ? [`${sample.direction} ${sample.version} ${written[index]}`] : []));
    const file = path.join(recorded, `${api}.txt`);
    if (process.env.RECORD) writeFileSync(file, `${own.join('\n')}\n`);
    expect(readFileSync(file, 'utf8')).toBe(`${own.join('\n')}\n`);
  }
});

/** The lines to Kafka's library are of ASCII alone. */
function ascii(json: string): string {
  return json.replaceAll(/[^\x20-\x7e]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
