/** Settings, the cluster, what is served, and bytes that mean nothing. */
import { apis } from '../../../../main/endpoints/kafka/apis/index.ts';
import { writeRequest } from '../../../../main/endpoints/kafka/wire/api.ts';
import type { Play } from './play.ts';

const TOPIC = 2;
const BROKER = 4;

/** Those that both have. */
const COMMON = [
  'cleanup.policy',
  'compression.type',
  'max.message.bytes',
  'message.timestamp.type',
  'min.insync.replicas',
  'retention.bytes',
];

export async function settings(play: Play): Promise<void> {
  const describe = (step: string, resourceName: string, { type = TOPIC, keys = [...COMMON, 'retention.ms'] as string[] | null } = {}) =>
    play.ask(step, apis.describeConfigs, () => ({
      resources: [{ resourceType: type, resourceName, configurationKeys: keys }],
      includeSynonyms: true,
      includeDocumentation: true,
    }));
  await describe('of a topic', 'a');
  await describe('of one with a setting', 'g');
  await describe('of one that is not there', 'nowhere');
  await describe('of a name that can not be', 'in valid');
  await describe('of nothing', '');
  await describe('that nobody knows', 'a', { keys: ['no.such'] });
  await describe('none of them', 'a', { keys: [] });
  await describe('of the broker', '1', {
    type: BROKER,
    keys: ['num.partitions', 'auto.create.topics.enable', 'node.id', 'message.max.bytes'],
  });
  await describe('of another broker', '9', { type: BROKER, keys: [] });
  await describe('of a broker that has no number', 'x', { type: BROKER, keys: [] });
  await describe('of all brokers', '', { type: BROKER, keys: ['num.partitions'] });
  await describe('of what has none', 'a', { type: 77 });

  const set = (
    step: string,
    name: string,
    value: string | null,
    { operation = 0, resourceName = 'a', type = TOPIC, validateOnly = false } = {},
  ) =>
    play.ask(step, apis.incrementalAlterConfigs, () => ({
      resources: [{ resourceType: type, resourceName, configs: [{ name, value, configOperation: operation }] }],
      validateOnly,
    }));
  await set('retention', 'retention.ms', '70000');
  await play.untilSet('a', 'retention.ms', '70000');
  await describe('after it was set', 'a', { keys: ['retention.ms'] });
  await set('only checked', 'retention.ms', '90000', { validateOnly: true });
  await set('only checked, and wrong', 'retention.ms', 'abc', { validateOnly: true });
  await set('taken back', 'retention.ms', null, { operation: 1 });
  await play.untilSet('a', 'retention.ms', '-1');
  await describe('after it was taken back', 'a', { keys: ['retention.ms'] });
  await set('set to null', 'retention.ms', null);
  await set('added to what is one value', 'retention.ms', '5', { operation: 2 });
  await set('an operation that nobody knows', 'retention.ms', '5', { operation: 9 });
  await set('not a number', 'retention.ms', 'abc');
  await set('below what is allowed', 'retention.ms', '-2');
  await set('a codec', 'compression.type', 'lz4');
  await set('an unknown codec', 'compression.type', 'zip');
  await set('the largest batch', 'max.message.bytes', '51200');
  await play.untilSet('a', 'max.message.bytes', '51200');
  await describe('after the largest batch was set', 'a', { keys: ['max.message.bytes'] });
  await set('a largest batch below what is allowed', 'max.message.bytes', '-2');
  await set('a largest batch that is no number', 'max.message.bytes', '50k');
  await set('that nobody knows', 'no.such', '1');
  await set('of a topic that is not there', 'retention.ms', '70000', { resourceName: 'nowhere' });
  await set('of a name that can not be', 'retention.ms', '70000', { resourceName: 'in valid' });
  await set('of what has none', 'retention.ms', '70000', { type: 77 });
  await play.ask('one twice', apis.incrementalAlterConfigs, () => ({
    resources: [
      {
        ...{ resourceType: TOPIC, resourceName: 'a' },
        configs: ['70000', '80000'].map((value) => ({ name: 'retention.ms', value, configOperation: 0 })),
      },
    ],
  }));
  await play.ask('one topic twice', apis.incrementalAlterConfigs, () => ({
    resources: ['70000', '80000'].map((value) => ({
      ...{ resourceType: TOPIC, resourceName: 'a' },
      configs: [{ name: 'retention.ms', value, configOperation: 0 }],
    })),
  }));
  const replace = (step: string, configs: { name: string; value: string | null }[], resourceName = 'a', validateOnly = false) =>
    play.ask(step, apis.alterConfigs, () => ({ resources: [{ resourceType: TOPIC, resourceName, configs }], validateOnly }));
  await replace('all but one taken back', [{ name: 'retention.bytes', value: '100000' }]);
  await play.untilSet('a', 'compression.type', 'producer');
  await play.untilSet('a', 'retention.bytes', '100000');
  await describe('after that', 'a');
  await replace('only checked', [{ name: 'retention.bytes', value: '200000' }], 'a', true);
  await replace('null', [{ name: 'retention.bytes', value: null }]);
  await replace('not a number', [{ name: 'retention.bytes', value: 'abc' }]);
  await replace('that nobody knows', [{ name: 'no.such', value: '1' }]);
  await replace('of a topic that is not there', [{ name: 'retention.bytes', value: '100000' }], 'nowhere');
  await replace('all taken back', []);
  await play.untilSet('a', 'retention.bytes', '-1');
  await describe('after all', 'a');
}

export async function cluster(play: Play): Promise<void> {
  await play.ask('a name', apis.apiVersions, () => ({ clientSoftwareName: 'a-test', clientSoftwareVersion: '1.0' }));
  await play.ask('no name', apis.apiVersions, () => ({ clientSoftwareName: '', clientSoftwareVersion: '' }));
  await play.ask('a name that can not be', apis.apiVersions, () => ({ clientSoftwareName: ' a', clientSoftwareVersion: '1.0' }));
  const describe = (step: string, body: object): Promise<void> => play.ask(step, apis.describeCluster, () => body);
  await describe('its brokers', {});
  await describe('what may be done', { includeClusterAuthorizedOperations: true });
  await describe('those that are fenced too', { includeFencedBrokers: true });
  for (const endpointType of [2, 3]) await describe(`endpoint type ${endpointType}`, { endpointType });
}

/** A whole frame. */
function frame(hex: string): Buffer {
  const bytes = Buffer.from(hex.replaceAll(' ', ''), 'hex');
  const length = Buffer.alloc(4);
  length.writeInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

export async function nonsense(play: Play): Promise<void> {
  await play.send('an unknown API', frame('03e7 0000 00000001 ffff'));
  await play.send('an unknown version of Metadata', frame('0003 0063 00000001 ffff'));
  await play.send('a version below zero', frame('0003 ffff 00000001 ffff'));
  await play.send('an empty frame', frame(''));
  await play.send('a header that is cut off', frame('0003 0001 00'));
  await play.send('a body that is cut off', frame('0003 0001 00000001 ffff 0000'));
  await play.send('more elements than bytes', frame('0003 0001 00000001 ffff 7fffffff'));
  await play.send('a name that is longer than the frame', frame('0003 0001 00000001 ffff 00000001 7fff 61'));
  await play.send('a frame of a length below zero', Buffer.from('ffffffff', 'hex'));
  await play.send('a frame that is too long', Buffer.from('7fffffff', 'hex'));
  await play.send('what browsers send', Buffer.from('GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'));
  const [, ...pieces] = writeRequest(apis.describeCluster, { version: 0, correlationId: 1, clientId: null }, {});
  const longer = Buffer.concat([...pieces, Buffer.from([1, 2, 3])]);
  // Its answer comes first; then that of the step behind it, whose number is another one.
  await play.sendAnswered('bytes behind the last field', frame(longer.toString('hex')));
  await play.sendAnswered('an unknown version of ApiVersions', frame('0012 0063 00000001 ffff 00'));
}
