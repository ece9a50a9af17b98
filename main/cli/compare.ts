/**
 * loglab compare: two processor files over the same input, as a rehearsal; each output that is not the same is printed, then a summary.
 *
 * With --json a difference is {"difference","output","key","event","at","a","b"}: `difference` is differs, missing (the first file has it, the
 * second has not) or extra (the other way round); `event` says where the event is that it stands at, {"stream","shard","offset"}, `at` the how
 * manieth it is; `a` and `b`, null where there is none, are what each file has emitted, {"at","timestamp","value"}. The last line is {"summary"}:
 * {"events","same","moved","differs","missing","extra","first","outputs"}; `moved`: of the same ones those that were emitted at another event,
 * `first`: the event at which the first difference stands, null for none, `outputs`: the same counts for each output.
 */
import { LabError } from '../api/errors.ts';
import type { LabClient } from '../api/index.ts';
import { unevenInputs } from '../api/processors.ts';
import { type Comparison, DIFFERENCES_KEPT_MAX, type ListedDifference } from '../api/rehearsalComparisons.ts';
import type { Rehearsal } from '../api/rehearsals.ts';
import { formatIsoTime } from '../api/time.ts';
import type { Comparable, ComparedFile } from './compareInput.ts';
import { type Output, toJson } from './output.ts';

export interface CompareOptions {
  /** Of all chance, the same for both. */
  seed: number;
  json: boolean;
}

/** Whether both do the same. Throws why it could not be seen: it could not be made, one went no further, not all of the input is there. */
export async function compareFiles(
  { connection: { client }, shapes, input: { streams, reads } }: Comparable,
  output: Output,
  files: readonly ComparedFile[],
  { seed, json }: CompareOptions,
  signal: AbortSignal,
): Promise<boolean> {
  const lab = await client.streams.list({});
  for (const [at, { name }] of files.entries()) {
    const uneven = unevenInputs(shapes[at]!, (input) => lab.find((stream) => stream.name === input)?.shards.length);
    if (uneven !== null) output.say(`${name}: ${uneven}`);
  }
  const { id, columns } = await client.rehearsals.create({
    ranges: streams.map((stream) => ({ stream, from: { at: 'beginning' }, until: { at: 'end' } })),
    order: { by: 'append' },
    columns: files.map(({ name, source }, at) => ({
      ...{ name, source, version: null, after: null, seed },
      ...(reads !== null && shapes[at]!.inputs.length === 1 ? { reads } : {}),
    })),
  });
  try {
    const [a, b] = columns.map((column) => column.id) as [number, number];
    const rehearsal = await whenOver(client, id, output, signal);
    let compared!: Comparison;
    for await (compared of client.rehearsals.compare({ id, a, b }, { signal })) void compared;
    if (compared.problem !== null) throw new LabError('too-many', compared.problem);
    let listed = 0;
    for await (const some of client.rehearsals.listDifferences({ id, a, b }, { signal })) {
      listed += some.length;
      await output.print(some.map(json ? lineOf : sentenceOf).join('\n'));
    }
    const sums = sumsOf(compared);
    await output.print(json ? summaryLine(rehearsal, compared, sums) : summarySentence(rehearsal, sums));
    if (sums.differences > listed)
      output.say(
        `The first ${listed.toLocaleString('en')} differences were printed (DIFFERENCES_KEPT_MAX, ${DIFFERENCES_KEPT_MAX}); the summary counts all.`,
      );
    if (rehearsal.problems.length > 0)
      throw new LabError('offset-out-of-range', `Not all of the input was compared: ${rehearsal.problems.join(' ')}`);
    return sums.differences === 0;
  } finally {
    await client.rehearsals.close({ id }).catch(() => {});
  }
}

/** Both have come to the end. Throws where one has not. */
async function whenOver(client: LabClient, id: string, output: Output, signal: AbortSignal): Promise<Rehearsal> {
  for await (const rehearsal of client.rehearsals.follow({ id }, { signal })) {
    const { isWhole, columns, positions } = rehearsal;
    const short = columns.find(({ problem }) => problem !== null);
    if (short) throw new LabError('job-over', `${short.name} went no further, so there is nothing to compare: ${short.problem}`);
    if (isWhole && columns.every(({ state }) => state === 'done')) return rehearsal;
    const [reach, of] = [Math.min(...columns.map((column) => column.reach)), positions].map((each) => each.toLocaleString('en'));
    output.progress(`${reach} of ${of} events`);
  }
  throw new LabError('no-such-rehearsal', 'The rehearsal was closed.');
}

interface Sums {
  same: number;
  moved: number;
  differs: number;
  missing: number;
  extra: number;
  differences: number;
}

function sumsOf({ outputs }: Comparison): Sums {
  const sum = (count: (each: Comparison['outputs'][number]) => number): number => outputs.reduce((all, each) => all + count(each), 0);
  const [differs, missing, extra] = [sum((each) => each.differs), sum((each) => each.missing), sum((each) => each.extra)];
  return {
    ...{ same: sum((each) => each.same), moved: sum((each) => each.moved) },
    differs,
    missing,
    extra,
    differences: differs + missing + extra,
  };
}

const timeOf = (ms: number | null): string | null => (ms === null ? null : formatIsoTime(BigInt(ms)));

function lineOf({ kind, output, key, position, event, ...sides }: ListedDifference): string {
  const [a, b] = [sides.a, sides.b].map(
    (side) => side && { at: side.position, timestamp: timeOf(side.timestamp), value: side.text?.text ?? null },
  );
  return toJson({ difference: kind, output, key, event, at: position, a, b });
}

/** With tabs between: what, output, key, event, what the first has, what the second has. */
function sentenceOf({ kind, output, key, position, event, a, b }: ListedDifference): string {
  const place = event ? `${event.stream} ${event.shard}:${event.offset}` : `event ${position}`;
  const said = (side: ListedDifference['a']): string => (side === null ? '-' : (side.text?.text ?? 'null'));
  return [kind, output, key ?? 'null', place, said(a), said(b)].join('\t');
}

function summaryLine({ positions }: Rehearsal, { first, outputs }: Comparison, { differences: _, ...sums }: Sums): string {
  return toJson({ summary: { events: positions, ...sums, first, outputs } });
}

function summarySentence({ positions }: Rehearsal, { same, moved, differs, missing, extra, differences }: Sums): string {
  const be = (of: number, what: string): string => `${of.toLocaleString('en')} ${of === 1 ? 'is' : 'are'} ${what}`;
  const elsewhere = moved === 0 ? '' : ` (${moved.toLocaleString('en')} of them at another event)`;
  const all = `${positions.toLocaleString('en')} event${positions === 1 ? '' : 's'}. Of the outputs ${be(same, 'the same')}${elsewhere}`;
  return differences === 0
    ? `${all}; none is different.`
    : `${all}, ${be(differs, 'different')}, ${be(missing, 'missing')}, ${be(extra, 'extra')}.`;
}
