/** How long a cart may stand before it counts as abandoned: a number in the program, which is put there when the shop is set up. */

export const PATIENCES = [
  { value: '10_000', label: '10 s' },
  { value: '60_000', label: '1 min' },
  { value: '30 * 60_000', label: '30 min' },
] as const;
export type Patience = (typeof PATIENCES)[number]['value'];

/** As it is written in the sample, and the window that fits it. */
export const SAMPLE_PATIENCE: Patience = '30 * 60_000';
export const SAMPLE_WINDOW = `every: '30s'`;

/** The source of abandoned-cart-v1 with this patience. One that is short is looked after every second. */
export function withPatience(source: string, patience: Patience): string {
  if (patience === SAMPLE_PATIENCE) return source;
  const note = '// As the shop has set it up: less patience than the sample, and a window each second.\n';
  return note + source.replace(SAMPLE_PATIENCE, patience).replace(SAMPLE_WINDOW, `every: '1s'`);
}
