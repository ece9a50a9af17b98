/** A lab that listens for Kafka's clients, in a workspace of its own. */
import { apis } from '../../../../main/endpoints/kafka/apis/index.ts';
import { errorCodes } from '../../../../main/endpoints/kafka/errorCodes.ts';
import { expect, onTestFinished, vi } from 'vitest';
import { openLab, temporaryFolder, type TestLab } from '../../openLab.ts';
import { WireClient } from './wireClient.ts';

export interface KafkaLab extends TestLab {
  /** Of the first broker. */
  address: string;
  wire(brokerId?: number): Promise<WireClient>;
}

export async function openKafkaLab({ brokers = 1, workspace }: { brokers?: number; workspace?: string } = {}): Promise<KafkaLab> {
  const folder = workspace === undefined ? temporaryFolder() : null;
  const lab = await openLab(workspace ?? folder!.folder, { brokers, kafka: { port: 0 } });
  onTestFinished(async () => {
    await lab.close();
    folder?.remove();
  });
  return {
    ...lab,
    address: lab.engine.kafka[0]!,
    wire: (brokerId = 1) => WireClient.to(lab.engine.kafka[brokerId - 1]!),
  };
}

/** A stream that all brokers have heard of: they are told a moment after it was made, and clients ask again until then. */
export async function createKnown(lab: KafkaLab, name: string, shards: number): Promise<void> {
  await lab.client.streams.create({ name, shards });
  for (let brokerId = 1; brokerId <= lab.engine.kafka.length; brokerId++) {
    const client = await lab.wire(brokerId);
    const topics = [{ name, partitions: [{ partitionIndex: 0, timestamp: -1n }] }];
    await vi.waitFor(async () => {
      const answer = await client.ask(apis.listOffsets, 5, { topics });
      expect(answer.topics[0]!.partitions[0]!.errorCode).not.toBe(errorCodes.UNKNOWN_TOPIC_OR_PARTITION);
    });
    client.socket.destroy();
  }
}
