/** Two answers, field by field. What must differ is made equal before; elements of arrays are matched by what names them. */
import { ZERO_UUID } from '../../../../main/endpoints/kafka/wire/types.ts';
import type { Side } from './side.ts';

/** A field that differs: where it is ("topics[a].partitions[0].errorCode"), and what each has there, as text. */
export interface FieldDifference {
  path: string;
  kafka: string;
  lab: string;
}

type Struct = Record<string, unknown>;

/** Fields that have their own value in each: addresses, ids that are drawn, folders and sizes of disks, and the words of a sentence. */
const OWN: ReadonlySet<string> = new Set([
  ...['host', 'port', 'clusterId', 'rack', 'producerId', 'logDir', 'totalBytes', 'usableBytes', 'documentation'],
  ...['errorMessage', 'batchIndexErrorMessage'],
]);
/** What names an element, the first that it has; several of them where one alone does not. */
const NAMES = ['apiKey', 'partitionIndex', 'partition', 'index', 'nodeId', 'brokerId', 'resourceName', 'name', 'topic', 'topicId'];

export function differences(kafka: { answer: unknown; side: Side }, lab: { answer: unknown; side: Side }): FieldDifference[] {
  const found: FieldDifference[] = [];
  compare('', normal(kafka.answer, kafka.side), normal(lab.answer, lab.side), found);
  return found;
}

/** With nothing in it that must differ. */
function normal(value: unknown, side: Side, name = ''): unknown {
  if (name === 'topicId' || name === 'sessionId') return normalId(value, side);
  // Whether there is one, and not what it says.
  if (OWN.has(name)) return isGiven(value) ? `some ${name}` : null;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (Array.isArray(value)) return value.map((element) => normal(element, side));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, own]) => [key, normal(own, side, key)]));
}

function normalId(value: unknown, { topicIds }: Side): unknown {
  if (typeof value === 'number') return value === 0 ? 0 : 'a session';
  if (value === ZERO_UUID) return null;
  for (const [name, id] of topicIds) if (id === value) return `the id of ${name}`;
  return value;
}

const isGiven = (value: unknown): boolean => value !== null && value !== '' && value !== -1n && value !== -1;

function compare(path: string, kafka: unknown, lab: unknown, found: FieldDifference[]): void {
  if (Array.isArray(kafka) && Array.isArray(lab) && [...kafka, ...lab].every(isStruct)) return compareArrays(path, kafka, lab, found);
  if (isStruct(kafka) && isStruct(lab)) {
    for (const name of new Set([...Object.keys(kafka), ...Object.keys(lab)])) {
      compare(path === '' ? name : `${path}.${name}`, kafka[name], lab[name], found);
    }
    return;
  }
  const [theirs, ours] = [textOf(kafka), textOf(lab)];
  if (theirs !== ours) found.push({ path, kafka: theirs, lab: ours });
}

function compareArrays(path: string, kafka: Struct[], lab: Struct[], found: FieldDifference[]): void {
  const [theirs, ours] = [labelled(kafka), labelled(lab)];
  const labels = new Set([...theirs.keys(), ...ours.keys()]);
  for (const label of labels) {
    const [one, other] = [theirs.get(label), ours.get(label)];
    if (one && other) compare(`${path}[${label}]`, one, other, found);
    else found.push({ path: `${path}[${label}]`, kafka: one ? textOf(one) : 'nothing', lab: other ? textOf(other) : 'nothing' });
  }
  const common = (all: Map<string, Struct>): string => [...all.keys()].filter((label) => theirs.has(label) && ours.has(label)).join(', ');
  if (common(theirs) !== common(ours)) found.push({ path: `${path}[order]`, kafka: common(theirs), lab: common(ours) });
}

/** By what names each; a second one of the same name has its number behind it. */
function labelled(elements: readonly Struct[]): Map<string, Struct> {
  const all = new Map<string, Struct>();
  for (const element of elements) {
    const name = NAMES.find((each) => isGiven(element[each] ?? null));
    const label = String(name === undefined ? '' : element[name]);
    let number = 1;
    while (all.has(number === 1 ? label : `${label} #${number}`)) number += 1;
    all.set(number === 1 ? label : `${label} #${number}`, element);
  }
  return all;
}

const isStruct = (value: unknown): value is Struct => value !== null && typeof value === 'object' && !Array.isArray(value);

function textOf(value: unknown): string {
  return JSON.stringify(value, (_name, own: unknown) => (typeof own === 'bigint' ? Number(own) : own)) ?? 'nothing';
}
