/** Who comes to the shop. Each visit has a shopper of its own, with an address from the ranges that are kept for documentation. */

export interface Visitor {
  id: string;
  name: string;
  ipAddress: string;
  /** When the visit began, milliseconds. */
  since: number;
}

const NAMES = ['Mo', 'Ada', 'Bo', 'Lena', 'Kofi', 'Hana', 'Nils', 'Rosa', 'Chen', 'Olga', 'Eli', 'Uma'];
/** RFC 5737. */
const NETWORKS = ['192.0.2', '198.51.100', '203.0.113'];
/** The sample's shoppers have three digits; no visitor is taken for one of them. */
const [ID_FIRST, ID_COUNT] = [100_000, 900_000];

/** `random`: from 0 up to, not including, 1. */
export function newVisitor(now: number, random: () => number): Visitor {
  const one = (list: readonly string[]): string => list[Math.floor(random() * list.length)]!;
  return {
    id: String(ID_FIRST + Math.floor(random() * ID_COUNT)),
    name: one(NAMES),
    ipAddress: `${one(NETWORKS)}.${1 + Math.floor(random() * 254)}`,
    since: now,
  };
}
