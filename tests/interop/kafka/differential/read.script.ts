/** What is there: offsets, batches, epochs, sizes; and what is there after records were deleted. */
import { apis } from '../../../../main/endpoints/kafka/apis/index.ts';
import type { RequestOf } from '../../../../main/endpoints/kafka/wire/api.ts';
import type { Input } from '../../../../main/endpoints/kafka/wire/fields.ts';
import type { Play } from './play.ts';
import type { Side } from './side.ts';
import { UNKNOWN_ID } from './topics.script.ts';

export async function listOffsets(play: Play): Promise<void> {
  const list = (step: string, timestamp: bigint, { topic = 'a', partition = 0, epoch = -1, isolationLevel = 0, replicaId = -1 } = {}) =>
    play.ask(step, apis.listOffsets, () => ({
      ...{ isolationLevel, replicaId },
      topics: [{ name: topic, partitions: [{ partitionIndex: partition, currentLeaderEpoch: epoch, timestamp }] }],
    }));
  for (const topic of ['a', 'b', 'd.e', 'f']) {
    for (const timestamp of [-1n, -2n, -3n, -4n, -5n, -6n, -7n, -50_000_000_000_000n])
      await list(`${timestamp} of ${topic}`, timestamp, { topic });
  }
  for (const timestamp of [0n, 999n, 1_000n, 1_001n, 1_002n, 5_000n, 6_000n]) {
    for (const partition of [0, 1]) await list(`since ${timestamp} in ${partition}`, timestamp, { partition });
  }
  await list('of a topic that is not there', -1n, { topic: 'nowhere' });
  for (const partition of [9, -1]) await list(`of partition ${partition}`, -1n, { partition });
  for (const epoch of [0, 5, -2]) await list(`in epoch ${epoch}`, -1n, { epoch });
  for (const timestamp of [-1n, -2n, -3n]) await list(`${timestamp} of what is committed`, timestamp, { isolationLevel: 1 });
  for (const replicaId of [-2, 1]) await list(`for replica ${replicaId}`, -1n, { replicaId });
  await play.ask('one partition twice', apis.listOffsets, () => ({
    topics: [{ name: 'a', partitions: [-1n, -2n].map((timestamp) => ({ partitionIndex: 0, timestamp })) }],
  }));
}

type Partition = RequestOf<typeof apis.fetch>['topics'][number]['partitions'][number];
type Asked = Omit<Partial<Input<typeof apis.fetch.request>>, 'topics'> & {
  topic?: string;
  topicId?: string;
  partitions?: Partial<Partition>[];
};

const fetchBody =
  ({ topic = 'a', topicId, partitions = [{}], ...rest }: Asked) =>
  (side: Side): Input<typeof apis.fetch.request> => ({
    ...{ maxWaitMs: 0, minBytes: 0, ...rest },
    topics:
      partitions.length === 0
        ? []
        : [
            {
              ...{ topic, topicId: topicId ?? side.id(topic) },
              partitions: partitions.map((partition) => ({ partition: 0, fetchOffset: 0n, partitionMaxBytes: 1_000_000, ...partition })),
            },
          ],
  });

export async function fetch(play: Play): Promise<void> {
  const get = (step: string, asked: Asked = {}): Promise<void> => play.ask(step, apis.fetch, fetchBody(asked));
  const from = (fetchOffset: bigint): Asked => ({ partitions: [{ fetchOffset }] });
  await get('from the start');
  for (const offset of [1n, 3n]) await get(`from ${offset}`, from(offset));
  await get('what is compressed', { partitions: [{ partition: 1 }] });
  for (const partition of [0, 1, 2, 3])
    await get(`what one of the two may have refused, ${partition}`, { topic: 'odd', partitions: [{ partition }] });
  await get('from an empty one', { topic: 'f' });
  for (const offset of [1n, 2n, -1n]) await get(`from ${offset} of an empty one`, { topic: 'f', ...from(offset) });
  for (const offset of [-1n, -2n, 1_000n]) await get(`from ${offset}`, from(offset));
  await get('of a topic that is not there', { topic: 'nowhere', topicId: UNKNOWN_ID });
  for (const partition of [9, -1]) await get(`of partition ${partition}`, { partitions: [{ partition }] });
  for (const maxBytes of [0, 1, 100, -1]) await get(`at most ${maxBytes} bytes`, { maxBytes });
  for (const partitionMaxBytes of [0, 1, 100, -1])
    await get(`at most ${partitionMaxBytes} bytes of one`, { partitions: [{ partitionMaxBytes }] });
  await get('of two partitions', { partitions: [{}, { partition: 1 }] });
  await get('of two partitions, a byte', { maxBytes: 1, partitions: [{}, { partition: 1 }] });
  await get('of two partitions, a byte of each', { partitions: [{ partitionMaxBytes: 1 }, { partition: 1, partitionMaxBytes: 1 }] });
  await get('of two partitions, one not there', { partitions: [{}, { partition: 9 }] });
  await get('of one partition twice', { partitions: [{}, {}] });
  await get('what is committed', { isolationLevel: 1 });
  await get('of an isolation that nobody knows', { isolationLevel: 7 });
  for (const currentLeaderEpoch of [0, 5]) await get(`in epoch ${currentLeaderEpoch}`, { partitions: [{ currentLeaderEpoch }] });
  for (const lastFetchedEpoch of [0, 5]) await get(`last read in epoch ${lastFetchedEpoch}`, { partitions: [{ lastFetchedEpoch }] });
  await get('more than there is, for a moment', { topic: 'f', minBytes: 10, maxWaitMs: 20 });
  await get('more than there is, no time', { minBytes: 1_000_000_000 });
  await get('as a replica', { replicaId: 9, replicaState: { replicaId: 9, replicaEpoch: 1n } });
  await get('of no topic', { partitions: [] });
}

export async function fetchInSessions(play: Play): Promise<void> {
  if (play.version(apis.fetch) < 7) return;
  const get = (step: string, asked: Asked | ((side: Side) => Asked)): Promise<void> =>
    play.ask(step, apis.fetch, (side) => fetchBody(typeof asked === 'function' ? asked(side) : asked)(side), {
      remember: (side, { sessionId }) => void (side.sessionId ||= sessionId),
    });
  await get('without a session', { sessionId: 0, sessionEpoch: -1 });
  await get('a session that nobody has', { sessionId: 123_456, sessionEpoch: 1 });
  await get('the end of a session that nobody has', { sessionId: 123_456, sessionEpoch: -1 });
  await get('no session, and its first step', { sessionId: 0, sessionEpoch: 1 });
  await get('a new session', { sessionId: 0, sessionEpoch: 0, partitions: [{}, { partition: 1 }] });
  await get('its next step', ({ sessionId }) => ({ sessionId, sessionEpoch: 1, partitions: [] }));
  await get('a topic forgotten', ({ sessionId, topicIds }) => ({
    ...{ sessionId, sessionEpoch: 2, partitions: [{ fetchOffset: 2n }] },
    forgottenTopicsData: [{ topic: 'a', topicId: topicIds.get('a')!, partitions: [1] }],
  }));
  await get('a step too far', ({ sessionId }) => ({ sessionId, sessionEpoch: 9, partitions: [] }));
  await get('its end', ({ sessionId }) => ({ sessionId, sessionEpoch: -1 }));
  await get('a step after its end', ({ sessionId }) => ({ sessionId, sessionEpoch: 3, partitions: [] }));
}

export async function epochs(play: Play): Promise<void> {
  const end = (step: string, leaderEpoch: number, { topic = 'a', partition = 0, currentLeaderEpoch = -1 } = {}) =>
    play.ask(step, apis.offsetForLeaderEpoch, () => ({
      topics: [{ topic, partitions: [{ partition, currentLeaderEpoch, leaderEpoch }] }],
    }));
  for (const epoch of [0, 1, -1, -2]) await end(`of epoch ${epoch}`, epoch);
  await end('of an empty one', 0, { topic: 'f' });
  await end('of a topic that is not there', 0, { topic: 'nowhere' });
  await end('of a partition that is not there', 0, { partition: 9 });
  for (const currentLeaderEpoch of [0, 9]) await end(`in epoch ${currentLeaderEpoch}`, 0, { currentLeaderEpoch });
}

export async function sizes(play: Play): Promise<void> {
  const describe = (step: string, topics: { topic: string; partitions: number[] }[] | null): Promise<void> =>
    play.ask(step, apis.describeLogDirs, () => ({ topics }));
  await describe('of all', null);
  await describe('of none', []);
  await describe('of one partition', [{ topic: 'a', partitions: [1] }]);
  await describe('of what is not there', [
    { topic: 'nowhere', partitions: [0] },
    { topic: 'a', partitions: [9] },
  ]);
}

export async function deleteRecords(play: Play): Promise<void> {
  const trim = (step: string, offset: bigint, { topic = 'a', partition = 0 } = {}): Promise<void> =>
    play.ask(step, apis.deleteRecords, () => ({
      topics: [{ name: topic, partitions: [{ partitionIndex: partition, offset }] }],
      timeoutMs: 30_000,
    }));
  const look = async (step: string): Promise<void> => {
    await play.ask(`the start ${step}`, apis.listOffsets, () => ({
      topics: [{ name: 'a', partitions: [{ partitionIndex: 0, timestamp: -2n }] }],
    }));
    await play.ask(`the first of a time ${step}`, apis.listOffsets, () => ({
      topics: [{ name: 'a', partitions: [{ partitionIndex: 0, timestamp: 1_000n }] }],
    }));
    for (const fetchOffset of [0n, 1n, 2n, 3n]) {
      await play.ask(`a fetch from ${fetchOffset} ${step}`, apis.fetch, fetchBody({ partitions: [{ fetchOffset }] }));
    }
  };
  await trim('before the start', 0n);
  await trim('within a batch', 1n);
  await look('within a batch');
  await trim('to before that', 0n);
  await trim('to the start of one', 2n);
  await look('at a batch');
  await trim('within a later one', 3n);
  await look('within a later one');
  await trim('beyond the end', 1_000_000n);
  for (const offset of [-2n, -5n]) await trim(`to ${offset}`, offset);
  await trim('of a topic that is not there', 0n, { topic: 'nowhere' });
  await trim('of a partition that is not there', 0n, { partition: 9 });
  await trim('to the end', -1n);
  await look('at the end');
}
