/** The settings of a stream and of the lab as Kafka's configurations, and back. What has no setting here is told of, and can not be changed. */
import * as v from 'valibot';
import { CODECS, type Codec, STREAM_SETTINGS_DEFAULT, streamSettings, type StreamSettings } from '../../api/streams.ts';
import type { Topology } from '../../cluster/controllerContract.ts';
import { BATCH_BYTES_MAX } from '../../log/index.ts';
import { KafkaError } from './errorCodes.ts';
import { HOST } from './topology.ts';

/** Kafka's numbers of where a value comes from, and of what type it is. */
const SOURCE = { topic: 1, broker: 4, default: 5 } as const;
const TYPE = { boolean: 1, string: 2, int: 3, long: 5, list: 7 } as const;

export interface Config {
  name: string;
  value: string;
  readOnly: boolean;
  source: number;
  type: number;
  /** What it would be if nobody had said anything; null where there is no such thing. */
  defaultValue: string | null;
  documentation: string;
}

interface Setting {
  type: number;
  documentation: string;
  of: (settings: StreamSettings) => string;
  /** Undefined for a value that can not be. */
  parse: (value: string) => Partial<StreamSettings> | undefined;
}

const ALL = '-1';

/** Kafka's word for batches that stay as their producers made them. */
const AS_PRODUCED = 'producer';

function wholeNumber(value: string): number | null | undefined {
  if (value === ALL) return null;
  return /^\d{1,16}$/.test(value) ? Number(value) : undefined;
}

const settable: Record<string, Setting> = {
  'retention.ms': {
    type: TYPE.long,
    documentation: 'Events that were appended longer ago are trimmed; -1 keeps all.',
    of: ({ retentionMs }) => String(retentionMs ?? ALL),
    parse(value) {
      const retentionMs = wholeNumber(value);
      return retentionMs === undefined ? undefined : { retentionMs };
    },
  },
  'retention.bytes': {
    type: TYPE.long,
    documentation: 'The oldest events without which a partition still has so many bytes are trimmed; -1 keeps all.',
    of: ({ retentionBytes }) => String(retentionBytes ?? ALL),
    parse(value) {
      const retentionBytes = wholeNumber(value);
      return retentionBytes === undefined ? undefined : { retentionBytes };
    },
  },
  'max.message.bytes': {
    type: TYPE.int,
    documentation: 'The largest record batch, as it is stored.',
    of: ({ batchBytesMax }) => String(batchBytesMax),
    parse: (value) => (/^\d{1,16}$/.test(value) ? { batchBytesMax: Number(value) } : undefined),
  },
  'compression.type': {
    type: TYPE.string,
    documentation: 'How the lab compresses the batches that it makes itself; those of producers stay as they are.',
    of: ({ compression }) => (compression === 'none' ? AS_PRODUCED : compression),
    parse(value) {
      if (value === AS_PRODUCED) return { compression: 'none' };
      return value !== 'none' && CODECS.includes(value as Codec) ? { compression: value as Codec } : undefined;
    },
  },
};

const fixed: Record<string, { value: string; type: number; documentation: string }> = {
  'cleanup.policy': { value: 'delete', type: TYPE.list, documentation: 'Old events are trimmed, never compacted.' },
  'message.timestamp.type': { value: 'CreateTime', type: TYPE.string, documentation: 'Timestamps are those of the producers.' },
  'min.insync.replicas': { value: '1', type: TYPE.int, documentation: 'Each partition is on one broker.' },
};

export function topicConfigs(settings: StreamSettings): Config[] {
  const own = Object.entries(settable).map(([name, { of, type, documentation }]) => {
    const [value, defaultValue] = [of(settings), of(STREAM_SETTINGS_DEFAULT)];
    const source = value === defaultValue ? SOURCE.default : SOURCE.topic;
    return { name, value, readOnly: false, source, type, defaultValue, documentation };
  });
  const others = Object.entries(fixed).map(([name, each]) => ({
    name,
    ...each,
    readOnly: true,
    source: SOURCE.default,
    defaultValue: each.value,
  }));
  return [...own, ...others].sort((a, b) => (a.name < b.name ? -1 : 1));
}

export function brokerConfigs({ creation, brokers }: Topology, brokerId: number): Config[] {
  const port = brokers.find(({ id }) => id === brokerId)?.kafkaPort;
  const values: [name: string, value: string, type: number, documentation: string][] = [
    [
      'auto.create.topics.enable',
      String(creation.isOnUse),
      TYPE.boolean,
      'Whether asking for a topic makes it. Change it in the lab’s settings.',
    ],
    ['default.replication.factor', '1', TYPE.int, 'Each partition is on one broker.'],
    ['listeners', `PLAINTEXT://${HOST}:${port}`, TYPE.string, 'Where clients connect.'],
    ['log.retention.ms', ALL, TYPE.long, 'A topic keeps all unless it says otherwise.'],
    ['message.max.bytes', String(BATCH_BYTES_MAX), TYPE.int, 'The largest record batch of a topic that does not say otherwise.'],
    ['min.insync.replicas', '1', TYPE.int, 'Each partition is on one broker.'],
    ['node.id', String(brokerId), TYPE.int, 'The number of the broker.'],
    [
      'num.partitions',
      String(creation.shards),
      TYPE.int,
      'Of a topic that is made without saying a number. Change it in the lab’s settings.',
    ],
  ];
  return values.map(([name, value, type, documentation]) => ({
    ...{ name, value, type, documentation },
    ...{ readOnly: true, source: SOURCE.broker, defaultValue: null },
  }));
}

/** The settings that a configuration means; its default for a null. Throws INVALID_CONFIG. */
export function settingsOf(name: string, value: string | null): Partial<StreamSettings> {
  const own = settable[name];
  if (own) {
    const parsed = own.parse(value ?? own.of(STREAM_SETTINGS_DEFAULT));
    if (!parsed) throw new KafkaError('INVALID_CONFIG', `Invalid value ${value} for configuration ${name}.`);
    const checked = v.safeParse(v.partial(streamSettings), parsed);
    if (!checked.success)
      throw new KafkaError('INVALID_CONFIG', `Invalid value ${value} for configuration ${name}: ${checked.issues[0].message}`);
    return parsed;
  }
  const known = fixed[name];
  if (!known) throw new KafkaError('INVALID_CONFIG', `The lab has no configuration ${name}.`);
  if (value !== null && value !== known.value) {
    throw new KafkaError('INVALID_CONFIG', `${name} is ${known.value} in the lab, and can not be changed.`);
  }
  return {};
}

/** All of them together. Throws INVALID_CONFIG. */
export function allSettingsOf(configs: readonly { name: string; value: string | null }[]): Partial<StreamSettings> {
  return Object.assign({}, ...configs.map(({ name, value }) => settingsOf(name, value))) as Partial<StreamSettings>;
}
