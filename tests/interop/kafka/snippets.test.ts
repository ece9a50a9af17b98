/** The code that Connect shows runs as it is pasted: each piece is what the page gives, saved under the name that the page gives it. */
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { shardForKey } from '../../../main/api/murmur2.ts';
import { type Snippet, snippets } from '../../../renderer/src/features/clients/snippets.ts';
import { openLab, readWhole, temporaryFolder, text, type TestLab } from '../../unit/openLab.ts';
import { output, pythonWithClient, requireKcat } from './clients.ts';
import { goFolder } from './goToolchain.ts';
import { kafkaJars } from './library.ts';
import { run } from '../javaPeer.ts';

const { folder, remove } = temporaryFolder();
const root = path.join(import.meta.dirname, '../../..');
const SHARDS = 3;
let lab: TestLab;

beforeAll(async () => {
  lab = await openLab(path.join(folder, 'lab'), { brokers: 2, kafka: { port: 0 } });
});
afterAll(async () => {
  await lab.close();
  remove();
});

/** Makes of an empty folder what the snippet says is to be there first, and answers how a file is run there, or what is typed into a shell. */
const machines: Record<string, (cwd: string, needs: string) => Promise<(file: string, code: string) => [string, ...string[]]>> = {
  async kcat() {
    requireKcat();
    return (_file, code) => ['sh', '-c', code];
  },
  // Of a distribution: each of its scripts starts a class.
  async console(cwd) {
    mkdirSync(path.join(cwd, 'bin'));
    for (const [script, name] of [
      ['kafka-console-producer.sh', 'ConsoleProducer'],
      ['kafka-console-consumer.sh', 'consumer.ConsoleConsumer'],
    ] as const) {
      const file = path.join(cwd, 'bin', script);
      writeFileSync(file, `#!/bin/sh\nexec java -cp '${kafkaJars()}/*' org.apache.kafka.tools.${name} "$@"\n`);
      chmodSync(file, 0o755);
    }
    return (_file, code) => ['sh', '-c', code];
  },
  async python() {
    const python = pythonWithClient();
    return (file) => [python, file];
  },
  async node(cwd) {
    symlinkSync(path.join(root, 'node_modules'), path.join(cwd, 'node_modules'));
    return (file) => [process.execPath, file];
  },
  async java(cwd, needs) {
    symlinkSync(kafkaJars(), path.join(cwd, 'lib'));
    const command = /java -cp "lib\/\*"/.exec(needs)![0];
    return (file) => ['sh', '-c', `${command} ${file}`];
  },
  async go(cwd, needs) {
    const go = path.join(goFolder(), 'go');
    const [, init, name] = /^(go mod init [\w-]+) && go get (\S+?);/.exec(needs)!;
    // As the page says it, but for the version, which is the one that is tried elsewhere too.
    const version = new RegExp(`${name!.replace(/\/pkg\/.*/, '')} (v\\S+)`).exec(
      readFileSync(path.join(import.meta.dirname, 'go/go.mod'), 'utf8'),
    )![1];
    await output('sh', ['-c', `PATH='${goFolder()}':$PATH; ${init!} && go get ${name!}@${version!}`], '', cwd);
    // Compiled for the first time it takes longer than a snippet may run.
    run(go, ['build', '-C', cwd, name!], 'franz-go could not be compiled');
    return (file) => [go, 'run', file];
  },
};

const named = snippets({ servers: [], stream: '', shards: 0 }).map(({ id, client }) => ({ id, client }));

test.each(named)('$client: writes an event, and reads it', async ({ id }) => {
  const stream = `orders-of-${id}`;
  await lab.client.streams.create({ name: stream, shards: SHARDS });
  const found = (): Snippet => snippets({ servers: lab.engine.kafka, stream, shards: SHARDS }).find((snippet) => snippet.id === id)!;
  const { needs, file, write, read } = found();
  const cwd = path.join(folder, id);
  mkdirSync(cwd);
  const commandFor = await machines[id]!(cwd, needs);
  const run = async (name: string, code: string): Promise<string> => {
    if (file) writeFileSync(path.join(cwd, name), code);
    const [command, ...args] = commandFor(name, code);
    return output(command, args, '', cwd);
  };

  await run(file?.write ?? '', write);
  const { records } = await readWhole(lab.client, stream);
  expect(records.map(({ key, value, shard }) => [text(key), JSON.parse(text(value)!), shard])).toEqual([
    ['789', { event: 'SHOPPER_VIEWED_PRODUCT' }, shardForKey(Buffer.from('789'), SHARDS)],
  ]);

  const printed = await run(file?.read ?? '', read);
  // kafkajs reads in groups only: its code prints how far each shard is, in no certain order.
  if (id === 'node') expect(printed).toMatch(/│ \d +│ 1 +│ '1' +│ '1' +│ '0' +│/);
  else expect(printed).toContain('SHOPPER_VIEWED_PRODUCT');
});
