/** One of the two that are asked the same: Kafka or the lab. What has ids of its own in each is remembered here. */
import { setTimeout as sleep } from 'node:timers/promises';
import { apis } from '../../../../main/endpoints/kafka/apis/index.ts';
import { errorCodes } from '../../../../main/endpoints/kafka/errorCodes.ts';
import { ZERO_UUID } from '../../../../main/endpoints/kafka/wire/types.ts';
import { WireClient } from '../../../unit/endpoints/kafka/wireClient.ts';

/** How long a change of topics may take until the broker knows of it, milliseconds. */
const KNOWN_MS_MAX = 30_000;
const LOOK_INTERVAL_MS = 20;

export class Side {
  readonly address: string;
  /** On which the script is played; another one where it was closed. */
  client: WireClient;
  /** Ids of topics by their names, also of deleted ones. */
  readonly topicIds = new Map<string, string>();
  producerId = -1n;
  sessionId = 0;

  private constructor(address: string, client: WireClient) {
    this.address = address;
    this.client = client;
  }

  static async to(address: string): Promise<Side> {
    return new Side(address, await WireClient.to(address));
  }

  async reconnect(): Promise<void> {
    this.client.socket.destroy();
    this.client = await WireClient.to(this.address);
  }

  id(name: string): string {
    return this.topicIds.get(name) ?? ZERO_UUID;
  }

  /** Until the topic is there with so many partitions, each with its leader; or gone, where there are to be none. */
  async untilKnown(name: string, partitions: number): Promise<void> {
    await this.#until(`“${name}” with ${partitions} partitions`, (client) =>
      isKnown(client, name, partitions, (id) => this.topicIds.set(name, id)),
    );
  }

  /** Until a setting of a topic has this value. */
  async untilSet(topic: string, name: string, value: string): Promise<void> {
    await this.#until(`${name}=${value} of “${topic}”`, async (client) => {
      const resources = [{ resourceType: 2, resourceName: topic, configurationKeys: [name] }];
      const { results } = await client.ask(apis.describeConfigs, 4, { resources });
      return results[0]!.configs[0]?.value === value;
    });
  }

  /** Until it gives numbers to producers; a broker that has just started does not for a moment. */
  async untilReady(): Promise<void> {
    await this.#until('numbers for producers', async (client) => {
      const { errorCode } = await client.ask(apis.initProducerId, 4, { transactionalId: null, transactionTimeoutMs: 60_000 });
      return errorCode === errorCodes.NONE;
    });
  }

  async #until(what: string, isSo: (client: WireClient) => Promise<boolean>): Promise<void> {
    const client = await WireClient.to(this.address);
    for (const until = performance.now() + KNOWN_MS_MAX; !(await isSo(client)); await sleep(LOOK_INTERVAL_MS)) {
      if (performance.now() > until) throw new Error(`${this.address} does not come to have ${what}.`);
    }
    client.socket.destroy();
  }
}

async function isKnown(client: WireClient, name: string, partitions: number, remember: (id: string) => void): Promise<boolean> {
  const { topics } = await client.ask(apis.metadata, 12, { topics: [{ name }], allowAutoTopicCreation: false });
  const [topic] = topics;
  if (partitions === 0) return topic!.errorCode === errorCodes.UNKNOWN_TOPIC_OR_PARTITION;
  if (topic!.partitions.length !== partitions || topic!.partitions.some(({ leaderId }) => leaderId < 0)) return false;
  remember(topic!.topicId);
  const asked = topic!.partitions.map(({ partitionIndex }) => ({ partitionIndex, timestamp: -1n }));
  const ends = await client.ask(apis.listOffsets, 7, { topics: [{ name, partitions: asked }] });
  return ends.topics[0]!.partitions.every(({ errorCode }) => errorCode === errorCodes.NONE);
}
