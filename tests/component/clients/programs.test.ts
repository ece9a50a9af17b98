import { expect, it } from 'vitest';
import type { KafkaClient } from '../../../main/api/clients.ts';
import { programsOf, RequestRates } from '../../../renderer/src/features/clients/programs.ts';
import { snippets } from '../../../renderer/src/features/clients/snippets.ts';

const connection = (id: string, told: Partial<KafkaClient>): KafkaClient => ({
  ...{ id, brokerId: 1, clientId: 'app', software: { name: 'librdkafka', version: '2.12.1' }, address: `127.0.0.1:${id}` },
  ...{ connectedAt: 10, requests: 5, errors: 0, bytesIn: 1, bytesOut: 2, ...told },
});

it('connections of one program are one row, and others are others', () => {
  const programs = programsOf([
    connection('1', { connectedAt: 20 }),
    connection('2', { brokerId: 2, errors: 1 }),
    connection('3', { clientId: 'other' }),
    connection('4', { software: null }),
  ]);
  expect(programs.map(({ clientId, software, requests, errors, brokers }) => [clientId, software, requests, errors, brokers])).toEqual([
    ['app', 'librdkafka 2.12.1', 10, 1, [1, 2]],
    ['other', 'librdkafka 2.12.1', 5, 0, [1]],
    ['app', null, 5, 0, [1]],
  ]);
});

it('rates are of what came between two looks', () => {
  const rates = new RequestRates();
  expect(rates.take(programsOf([connection('1', {})]), 0).size).toBe(0);
  expect([...rates.take(programsOf([connection('1', { requests: 25 })]), 2_000).values()]).toEqual([10]);
});

it('the code to connect with names the brokers, the stream and its shards', () => {
  const all = snippets({ servers: ['127.0.0.1:9092', '127.0.0.1:9093'], stream: 'orders', shards: 3 });
  expect(all.map(({ client }) => client)).toEqual(['kcat', 'Console tools', 'Python', 'Node', 'Java', 'Go']);
  for (const { write } of all) expect(write).toContain('orders');
  expect(all.find(({ id }) => id === 'node')!.write).toContain("brokers: ['127.0.0.1:9092', '127.0.0.1:9093']");
  expect(all.find(({ id }) => id === 'python')!.read).toContain('range(3)');
});
