/** Importing 1 GB of NDJSON by the command; the ceiling is a program that only reads the file and parses its lines. */
import { spawnSync } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import path from 'node:path';
import type { Figure } from './bench.ts';
import { root, withFolder } from './lab.ts';

const FILE_BYTES = 1_000_000_000;

export async function importFile(): Promise<Figure[]> {
  return withFolder(async (folder) => {
    const file = path.join(folder, 'events.ndjson');
    await write(file);
    const parse = run([path.join(root, 'tests/bench/parseLines.ts'), file]);
    const loglab = run([
      path.join(root, 'dist/main/loglab.js'),
      'import',
      'events',
      file,
      '--key-field',
      'shopper.id',
      '--time-field',
      'timestamp',
      '--shards',
      '3',
      '--workspace',
      path.join(folder, 'workspace'),
    ]);
    const [value, ceiling] = [FILE_BYTES / 1e6 / loglab, FILE_BYTES / 1e6 / parse];
    return [
      {
        what: 'import of 1 GB of NDJSON, 3 shards, key and time field, safe',
        value,
        unit: 'MB/s',
        ceiling,
        ratio: value / ceiling,
        wanted: 'ratio ≥ 0.3',
        isMet: value / ceiling >= 0.3,
      },
    ];
  });
}

async function write(file: string): Promise<void> {
  const out = createWriteStream(file);
  let written = 0;
  for (let n = 0; written < FILE_BYTES;) {
    let part = '';
    while (part.length < 1_000_000) {
      part += `{"event":"SHOPPER_VIEWED_PRODUCT","shopper":{"id":"${n % 5_000}","name":"Jo","ipAddress":"203.0.113.${n % 256}"},"product":{"sku":"reader-${n % 40}","name":"AvidReader"},"timestamp":"${new Date(1_539_590_400_000 + n * 7).toISOString()}"}\n`;
      n += 1;
    }
    written += part.length;
    if (!out.write(part)) await once(out, 'drain');
  }
  out.end();
  await once(out, 'finish');
}

/** Seconds. */
function run(command: string[]): number {
  const began = performance.now();
  const { status, stderr } = spawnSync(process.execPath, command, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command.join(' ')} failed: ${stderr}`);
  return (performance.now() - began) / 1000;
}
