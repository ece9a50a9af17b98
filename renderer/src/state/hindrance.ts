/** What stands between the page and the log right now: said wherever something is shown as live or could be pressed. */
import type { LabStatus } from '../../../main/api/lab.ts';
import type { StreamSummary } from '../../../main/api/streams.ts';
import type { LabState } from './lab.svelte.ts';

export interface Hindrance {
  /** In a word or two: "Not connected", "Waiting for broker 1". */
  said: string;
  /** A sentence, for what can not be pressed meanwhile. */
  why: string;
  /** Whether nothing at all can be appended; else another broker still takes events. */
  total: boolean;
}

type Told = Pick<LabState, 'connection' | 'status'>;

/** What keeps the page from a stream, or from the lab as a whole where none is given. Null where nothing does. */
export function hindrance(lab: Told, stream?: StreamSummary): Hindrance | null {
  if (lab.connection === 'connecting') return { said: 'Connecting…', why: 'The page is connecting to the lab.', total: true };
  if (lab.connection === 'lost') {
    return { said: 'Not connected', why: 'The connection to the lab is lost. This can be pressed again when it is back.', total: true };
  }
  const all = stream ? [...new Set(stream.shards.map((shard) => shard.brokerId))] : (lab.status?.brokers.map(({ id }) => id) ?? []);
  const down = all.filter((id) => isDown(id, lab.status, stream)).sort((a, b) => a - b);
  if (down.length === 0) return null;
  const who = down.length === 1 ? `broker ${down[0]}` : `brokers ${down.join(', ')}`;
  const why = `${who.replace('b', 'B')} ${down.length === 1 ? 'is' : 'are'} down. This can be pressed again when ${down.length === 1 ? 'it is' : 'they are'} up.`;
  return { said: `Waiting for ${who}`, why, total: down.length === all.length };
}

/** Streams and brokers are told one after the other: who is down in either is waited for. */
function isDown(id: number, status: LabStatus | null, stream: StreamSummary | undefined): boolean {
  const broker = status?.brokers.find((one) => one.id === id);
  return (broker && broker.state !== 'up') || (stream?.shards.some((shard) => shard.brokerId === id && !shard.available) ?? false);
}
