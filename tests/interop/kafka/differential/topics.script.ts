/** Topics: made, grown, told of, deleted; well and badly. */
import { apis } from '../../../../main/endpoints/kafka/apis/index.ts';
import type { RequestOf } from '../../../../main/endpoints/kafka/wire/api.ts';
import type { Play } from './play.ts';

type NewTopic = RequestOf<typeof apis.createTopics>['topics'][number];

/** Of the topic for batches that one of the two takes and the other does not: each has a partition of its own. */
export const ODD_PARTITIONS = 4;

export const UNKNOWN_ID = '11111111-1111-4111-8111-111111111111';

const newTopic = (name: string, rest: Partial<NewTopic> = {}): NewTopic => ({
  ...{ name, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] },
  ...rest,
});

/** With one setting, as its text. */
const withConfig = (name: string, config: string, value: string | null): NewTopic => newTopic(name, { configs: [{ name: config, value }] });
const assigned = (name: string, ...places: [partitionIndex: number, brokerIds: number[]][]): NewTopic =>
  newTopic(name, {
    ...{ numPartitions: -1, replicationFactor: -1 },
    assignments: places.map(([partitionIndex, brokerIds]) => ({ partitionIndex, brokerIds })),
  });

export async function makeTopics(play: Play): Promise<void> {
  const make = (step: string, topics: NewTopic[], validateOnly = false): Promise<void> =>
    play.ask(step, apis.createTopics, () => ({ topics, validateOnly }), {
      remember(side, answer) {
        for (const { name, topicId, errorCode } of answer.topics) if (!validateOnly && errorCode === 0) side.topicIds.set(name, topicId);
      },
    });
  await make('two topics', [newTopic('a', { numPartitions: 2 }), newTopic('b')]);
  await make('one of many partitions', [newTopic('odd', { numPartitions: ODD_PARTITIONS })]);
  await play.untilKnown('odd', ODD_PARTITIONS);
  await play.untilKnown('a', 2);
  await play.untilKnown('b', 1);
  await make('one that is there', [newTopic('a')]);
  await make('one twice', [newTopic('c'), newTopic('c')]);
  await make('none', []);
  await make('only checked', [newTopic('c')], true);
  await make('only checked, and there', [newTopic('a')], true);
  for (const name of ['', '.', '..', 'in valid', 'é', 'x'.repeat(249), 'x'.repeat(250)]) {
    await make(`named ${name.length > 20 ? `with ${name.length} letters` : `“${name}”`}`, [newTopic(name)], true);
  }
  await make('with a dot', [newTopic('d.e')]);
  await play.untilKnown('d.e', 1);
  await make('too much like another', [newTopic('d_e')]);
  for (const numPartitions of [0, -1, -2]) await make(`${numPartitions} partitions`, [newTopic('c', { numPartitions })], true);
  for (const replicationFactor of [0, -1, -2, 2]) {
    await make(`replication factor ${replicationFactor}`, [newTopic('c', { replicationFactor })], true);
  }
  await make('assigned to brokers', [assigned('f', [0, [1]], [1, [1]])]);
  await play.untilKnown('f', 2);
  await make('assigned to no broker', [assigned('c', [0, []])], true);
  await make('assigned to one that is not there', [assigned('c', [0, [9]])], true);
  await make('assigned to one twice', [assigned('c', [0, [1, 1]])], true);
  await make('assigned with a gap', [assigned('c', [0, [1]], [2, [1]])], true);
  await make('assigned and counted', [{ ...assigned('c', [0, [1]]), numPartitions: 1 }], true);
  await make('assigned and replicated', [{ ...assigned('c', [0, [1]]), replicationFactor: 1 }], true);
  await make('with a setting', [withConfig('g', 'retention.ms', '60000')]);
  await play.untilKnown('g', 1);
  await make('with a setting that is not a number', [withConfig('c', 'retention.ms', 'abc')], true);
  await make('with a setting of null', [withConfig('c', 'retention.ms', null)], true);
  await make('with a setting that nobody knows', [withConfig('c', 'no.such', '1')], true);
  await make('with an unknown codec', [withConfig('c', 'compression.type', 'zip')], true);
  await make('to be compacted', [withConfig('c', 'cleanup.policy', 'compact')], true);
}

export async function growTopics(play: Play): Promise<void> {
  const grow = (step: string, topics: { name: string; count: number; brokerIds?: number[][] }[], validateOnly = false): Promise<void> =>
    play.ask(step, apis.createPartitions, () => ({
      topics: topics.map(({ name, count, brokerIds }) => ({
        ...{ name, count },
        assignments: brokerIds?.map((ids) => ({ brokerIds: ids })) ?? null,
      })),
      validateOnly,
    }));
  await grow('a partition more', [{ name: 'g', count: 2 }]);
  await play.untilKnown('g', 2);
  await grow('only checked', [{ name: 'g', count: 3 }], true);
  for (const count of [2, 1, 0, -1]) await grow(`${count} where there are two`, [{ name: 'g', count }]);
  await grow('of a topic that is not there', [{ name: 'nowhere', count: 2 }]);
  await grow('of a name that can not be', [{ name: 'in valid', count: 2 }]);
  await grow('of one topic twice', [
    { name: 'g', count: 3 },
    { name: 'g', count: 4 },
  ]);
  await grow('of none', []);
  await grow('assigned to brokers', [{ name: 'g', count: 3, brokerIds: [[1]] }], true);
  await grow('assigned too few', [{ name: 'g', count: 4, brokerIds: [[1]] }], true);
  await grow('assigned to one that is not there', [{ name: 'g', count: 3, brokerIds: [[9]] }], true);
}

export async function describeTopics(play: Play): Promise<void> {
  const ask = (step: string, body: object, topics: { name: string | null; topicId?: string }[] | null): Promise<void> =>
    play.ask(step, apis.metadata, () => ({ allowAutoTopicCreation: false, ...body, topics: topics as { name: string | null }[] | null }));
  if (play.version(apis.metadata) > 0) await ask('all topics', {}, null);
  await ask('no topics', {}, []);
  await ask('two topics', {}, [{ name: 'a' }, { name: 'b' }]);
  await ask('one topic twice', {}, [{ name: 'a' }, { name: 'a' }]);
  // Before 4 a client can not say that it wants none made.
  if (play.version(apis.metadata) < 4) {
    await ask('a topic that is made by asking', {}, [{ name: 'asked-for' }]);
    await play.untilKnown('asked-for', 1);
    await ask('the same again', {}, [{ name: 'asked-for' }]);
  } else {
    await ask('a topic that is not there', {}, [{ name: 'nowhere' }]);
  }
  for (const name of ['in valid', '', '.']) await ask(`a topic “${name}”`, {}, [{ name }]);
  await ask('what may be done', { includeTopicAuthorizedOperations: true, includeClusterAuthorizedOperations: true }, [{ name: 'a' }]);
  if (play.version(apis.metadata) >= 12) {
    await play.ask('by id', apis.metadata, (side) => ({ topics: [{ name: null, topicId: side.id('a') }], allowAutoTopicCreation: false }));
    await ask('by an id that is not there', {}, [{ name: null, topicId: UNKNOWN_ID }]);
    await ask('by neither name nor id', {}, [{ name: null }]);
    await play.ask('by name and id', apis.metadata, (side) => ({
      topics: [{ name: 'a', topicId: side.id('a') }],
      allowAutoTopicCreation: false,
    }));
  }
  const page = (step: string, body: RequestOf<typeof apis.describeTopicPartitions> | object): Promise<void> =>
    play.ask(step, apis.describeTopicPartitions, () => ({ topics: [], ...body }));
  const named = (...names: string[]): { topics: { name: string }[] } => ({ topics: names.map((name) => ({ name })) });
  await page('all of them', {});
  await page('two topics', named('b', 'a'));
  await page('a topic that is not there', named('nowhere', 'a'));
  await page('a name that can not be', named('in valid'));
  await page('one topic twice', named('a', 'a'));
  for (const responsePartitionLimit of [1, 2, 3, 0, -1, 5_000]) {
    await page(`at most ${responsePartitionLimit}`, { ...named('a', 'b'), responsePartitionLimit });
  }
  const from = (topicName: string, partitionIndex: number): object => ({ cursor: { topicName, partitionIndex } });
  await page('from the second partition', { ...named('a', 'b'), ...from('a', 1) });
  await page('from the second topic', { ...named('a', 'b'), ...from('b', 0) });
  await page('from a topic between two', { ...named('a', 'b'), ...from('aa', 0) });
  await page('from behind the last', { ...named('a', 'b'), ...from('z', 0) });
  await page('from a partition that is not there', { ...named('a', 'b'), ...from('a', 9) });
  await page('from a partition below zero', { ...named('a', 'b'), ...from('a', -1) });
  await page('all from a topic on', { ...from('b', 0), responsePartitionLimit: 2 });
}

export async function deleteTopics(play: Play): Promise<void> {
  const byName = (step: string, ...topicNames: string[]): Promise<void> =>
    play.ask(step, apis.deleteTopics, () => ({ topicNames, topics: topicNames.map((name) => ({ name })) }));
  await byName('one that is not there', 'nowhere');
  await byName('a name that can not be', 'in valid');
  await byName('none');
  await byName('one twice', 'f', 'f');
  if (play.version(apis.deleteTopics) >= 6) {
    const byId = (step: string, topic: (id: (name: string) => string) => { name: string | null; topicId: string }): Promise<void> =>
      play.ask(step, apis.deleteTopics, (side) => ({ topics: [topic((name) => side.id(name))] }));
    await byId('by an id that is not there', () => ({ name: null, topicId: UNKNOWN_ID }));
    await byId('by name and id', (id) => ({ name: 'a', topicId: id('a') }));
    await byId('by id', (id) => ({ name: null, topicId: id('b') }));
  } else {
    await byName('by name', 'b');
  }
  const made = ['a', 'd.e', 'f', 'g', 'odd', ...(play.version(apis.metadata) < 4 ? ['asked-for'] : [])];
  await byName('those that were made', ...made);
  for (const name of ['b', ...made]) await play.untilKnown(name, 0);
  await byName('one that is gone', 'a');
}
