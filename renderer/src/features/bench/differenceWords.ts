/** Differences of two columns, told as sentences, and as a text that is kept. */
import type { Comparison, Difference } from '../../../../main/api/rehearsalComparisons.ts';
import { formatCount } from '../../ui/format.ts';
import type { BenchState } from './bench.svelte.ts';
import { columnName } from './columnWords.ts';

/** Characters of a value in a sentence. */
const SAID_MAX = 80;

function nameOf(bench: BenchState, id: number): string {
  const column = bench.columns.find((one) => one.id === id);
  return column ? columnName(bench, column) : 'the other';
}

const cut = (text: string | undefined): string =>
  text === undefined ? 'no value' : text.length > SAID_MAX ? `${text.slice(0, SAID_MAX)}…` : text;

/** As it is seen from a column: "789: abandoned-cart v1 has it, not yet here". */
export function differenceSentence(bench: BenchState, { kind, output, key, a, b }: Difference, seenFrom: number): string {
  const what = `${key ?? 'no key'} in ${output}`;
  const { pair } = bench.comparing;
  if (!pair) return what;
  const isA = pair.a === seenFrom;
  const other = nameOf(bench, isA ? pair.b : pair.a);
  if (kind === 'differs') return `${what}: ${cut((isA ? a : b)?.text?.text)}; ${other} has ${cut((isA ? b : a)?.text?.text)}`;
  const hasIt = (kind === 'missing') === isA;
  return hasIt ? `${what}: ${other} has it not, or not yet` : `${what}: ${other} has it, this one has not, or not yet`;
}

export const kindWords: Record<Difference['kind'], (a: string, b: string) => string> = {
  differs: () => 'differs',
  missing: (_a, b) => `not in ${b}`,
  extra: (a) => `not in ${a}`,
};

/** A page of text, Markdown, to be kept or handed in. */
export function comparisonText(bench: BenchState, comparison: Comparison): string {
  const [a, b] = [nameOf(bench, comparison.a), nameOf(bench, comparison.b)];
  const rows = comparison.outputs.map(
    ({ output, same, moved, differs, missing, extra }) => `| ${output} | ${same} | ${moved} | ${differs} | ${missing} | ${extra} |`,
  );
  const examples = comparison.examples.map(
    ({ kind, output, key, position, a: one, b: other }) =>
      `- event ${position}, ${output}, key ${key ?? 'none'}: ${kindWords[kind](a, b)}\n  - ${a}: ${one?.text?.text ?? '–'}\n  - ${b}: ${other?.text?.text ?? '–'}`,
  );
  return [
    `# ${a} against ${b}`,
    '',
    `Stream ${bench.setup?.stream ?? ''}, ${formatCount(comparison.upTo)} events compared${comparison.isOver ? '' : ' so far'}.`,
    '',
    `| output | same | of these at another event | differs | not in ${b} | not in ${a} |`,
    '| --- | --- | --- | --- | --- | --- |',
    ...rows,
    ...(examples.length > 0 ? ['', '## The first differences', '', ...examples] : ['', 'There is no difference.']),
    '',
  ].join('\n');
}
