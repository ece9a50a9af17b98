/** A lab that listens for Kafka's clients, in a workspace of its own. */
import { onTestFinished } from 'vitest';
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
