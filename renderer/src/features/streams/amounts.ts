/** Amounts as a number and its unit, as people say them: 7 days, 512 MiB. */

export interface Unit {
  label: string;
  /** Of the base unit: milliseconds, bytes. */
  size: number;
}

export const TIME_UNITS: readonly Unit[] = [
  { label: 'seconds', size: 1_000 },
  { label: 'minutes', size: 60_000 },
  { label: 'hours', size: 3_600_000 },
  { label: 'days', size: 86_400_000 },
];

export const BYTE_UNITS: readonly Unit[] = [
  { label: 'KiB', size: 1024 },
  { label: 'MiB', size: 1024 ** 2 },
  { label: 'GiB', size: 1024 ** 3 },
];

/** Where each byte counts. */
export const BATCH_UNITS: readonly Unit[] = [
  { label: 'bytes', size: 1 },
  { label: 'KiB', size: 1024 },
  { label: 'MiB', size: 1024 ** 2 },
];

/** The largest unit that says it as a whole number; of what none does, the smallest, rounded up. */
export function inUnit(amount: number, units: readonly Unit[]): { count: number; unit: Unit } {
  const unit = units.findLast(({ size }) => amount % size === 0) ?? units[0]!;
  return { count: Math.ceil(amount / unit.size), unit };
}

/** "7 days" */
export function formatAmount(amount: number, units: readonly Unit[]): string {
  const { count, unit } = inUnit(amount, units);
  return `${count.toLocaleString('en')} ${count === 1 ? unit.label.replace(/s$/, '') : unit.label}`;
}
