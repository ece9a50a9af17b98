/** rsyslog, unchanged, with its Kafka output: lines that programs send it come to stand in the lab as they were sent. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { openLab, readWhole, temporaryFolder, text } from '../../unit/openLab.ts';
import { type Program, requirePrograms } from '../peers.ts';

const programs: readonly Program[] = [
  { command: 'rsyslogd', versionArgs: ['-v'], versionMin: 8, package: 'rsyslog', name: 'rsyslog 8 or later' },
  {
    command: 'dpkg-query',
    versionArgs: ['-W', '-f', '${Version}', 'rsyslog-kafka'],
    versionMin: 8,
    package: 'rsyslog-kafka',
    name: 'rsyslog’s output to Kafka (omkafka)',
  },
];

const LINES = 2_000;
/** From the start of rsyslog until all lines are there, milliseconds. */
const ARRIVED_MS_MAX = 60_000;

/** As RFC 3164 has them; some with what breaks where a line is taken apart carelessly. */
const line = (index: number): string =>
  `<${index % 192}>Oct 11 22:14:${String(index % 60).padStart(2, '0')} shop app[${index}]: ` +
  ['paid “12 €”', 'a\ttab, {"json": true}', '%percent% and \\ backslash', 'x'.repeat(1_000)][index % 4]!;

function configuration(folder: string, [host, port]: readonly string[]): string {
  return `
global(workDirectory="${folder}/work" maxMessageSize="64k" parser.escapeControlCharactersOnReceive="off")
module(load="imtcp")
module(load="omkafka")
template(name="asSent" type="string" string="%rawmsg%")
input(type="imtcp" address="127.0.0.1" port="0" listenPortFileName="${folder}/port" ruleset="toTheLab")
ruleset(name="toTheLab") {
  action(type="omkafka" broker=["${host}:${port}"] topic="syslog" template="asSent"
    partitions.auto="on" errorFile="${folder}/errors" action.resumeRetryCount="-1")
}
`;
}

test('rsyslog’s lines are events, each once and in their order', async () => {
  requirePrograms(programs);
  const { folder, remove } = temporaryFolder();
  const lab = await openLab(path.join(folder, 'workspace'), { brokers: 1, kafka: { port: 0 } });
  onTestFinished(async () => {
    await lab.close();
    remove();
  });
  await lab.client.streams.create({ name: 'syslog', shards: 1 });
  mkdirSync(path.join(folder, 'work'));
  const lines = Array.from({ length: LINES }, (_, index) => line(index));
  const config = path.join(folder, 'rsyslog.conf');
  writeFileSync(config, configuration(folder, lab.engine.kafka[0]!.split(':')));

  const child = spawn('rsyslogd', ['-n', '-f', config, '-i', path.join(folder, 'pid')], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece: Buffer) => (said += piece.toString()));
  const ended = once(child, 'exit');
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });

  const values = async (): Promise<(string | null)[]> => (await readWhole(lab.client, 'syslog')).records.map(({ value }) => text(value));
  const errors = (): string => (existsSync(path.join(folder, 'errors')) ? readFileSync(path.join(folder, 'errors'), 'utf8') : '');
  const arrived = (count: number): Promise<void> =>
    vi.waitFor(async () => expect(await values(), `${said}${errors()}`).toHaveLength(count), { timeout: ARRIVED_MS_MAX, interval: 200 });
  const portFile = path.join(folder, 'port');
  await vi.waitFor(() => expect(existsSync(portFile) && readFileSync(portFile, 'utf8'), said).toMatch(/^\d+/), { timeout: ARRIVED_MS_MAX });
  const socket = connect(Number(readFileSync(portFile, 'utf8')), '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  socket.write(`${lines.slice(0, LINES / 2).join('\n')}\n`);
  await arrived(LINES / 2);
  socket.write(`${lines.slice(LINES / 2).join('\n')}\n`);
  await arrived(LINES);
  expect(await values()).toEqual(lines);
  expect((await lab.client.clients.list({})).map(({ software }) => software?.name)).toContain('librdkafka');
});
