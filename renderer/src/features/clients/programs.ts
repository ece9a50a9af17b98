/** Connections as the programs that have them: a client of Kafka has one to each broker that it talks to, and often more. */
import type { KafkaClient } from '../../../../main/api/clients.ts';

export interface Program {
  id: string;
  /** What it calls itself. */
  clientId: string | null;
  software: string | null;
  host: string;
  brokers: number[];
  connections: KafkaClient[];
  requests: number;
  errors: number;
  bytesIn: number;
  bytesOut: number;
  connectedAt: number;
}

const hostOf = (address: string): string => address.slice(0, address.lastIndexOf(':'));

/** Those that call themselves the same, with the same library, on the same machine, are one; the one that came first is first. */
export function programsOf(connections: readonly KafkaClient[]): Program[] {
  const programs = new Map<string, Program>();
  for (const one of connections) {
    const software = one.software ? `${one.software.name} ${one.software.version}`.trim() : null;
    const host = hostOf(one.address);
    const id = JSON.stringify([one.clientId, software, host]);
    const known = programs.get(id);
    if (!known) {
      const { clientId, requests, errors, bytesIn, bytesOut, connectedAt } = one;
      const counts = { requests, errors, bytesIn, bytesOut, connectedAt };
      programs.set(id, { id, clientId, software, host, brokers: [one.brokerId], connections: [one], ...counts });
      continue;
    }
    known.connections.push(one);
    if (!known.brokers.includes(one.brokerId)) known.brokers.push(one.brokerId);
    known.requests += one.requests;
    known.errors += one.errors;
    known.bytesIn += one.bytesIn;
    known.bytesOut += one.bytesOut;
    known.connectedAt = Math.min(known.connectedAt, one.connectedAt);
  }
  return [...programs.values()].sort((one, other) => one.connectedAt - other.connectedAt);
}

/** Requests a second of each program, from what was told last: by id. A connection that came counts from its first look on. */
export class RequestRates {
  #before = new Map<string, { requests: number; at: number }>();

  take(programs: readonly Program[], now: number): ReadonlyMap<string, number> {
    const rates = new Map<string, number>();
    const seen = new Map<string, { requests: number; at: number }>();
    for (const { id, requests } of programs) {
      const before = this.#before.get(id);
      if (before && now > before.at) rates.set(id, Math.max(0, ((requests - before.requests) * 1_000) / (now - before.at)));
      seen.set(id, { requests, at: now });
    }
    this.#before = seen;
    return rates;
  }
}
