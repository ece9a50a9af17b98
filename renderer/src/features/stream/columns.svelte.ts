/**
 * The columns of the grid: what every event has, then the fields of the values in the order in which they were first seen.
 * Which ones show, in which order and how wide is the user's, and kept per stream.
 */
import type { EventRow } from '../../../../main/api/events.ts';
import { fieldTitles } from './columnTitles.ts';
import { headingWidth, withFieldsOf, withWidthsOf } from './fieldsSeen.ts';

/** Fields that show until the user chooses. */
export const FIELDS_SHOWN = 6;
/** Fields that are offered; what comes after them is seen in the event itself. */
export const FIELDS_MAX = 200;
export const COLUMN_WIDTH_MIN = 44;
export const COLUMN_WIDTH_MAX = 720;
/** Rows whose texts decide how wide a column is at first. */
const ROWS_MEASURED = 200;
/** How wide a column becomes by itself, pixels. */
const [FIELD_MIN, FIELD_MAX, KEY_MAX] = [64, 250, 170];

export interface Column {
  /** `shard`, `offset`, `time`, `key`, `value`, or `field:` and a path. */
  id: string;
  kind: 'shard' | 'offset' | 'time' | 'key' | 'field' | 'value';
  /** Of a field: its path in the value, `shopper.id`. */
  path: string;
  title: string;
  width: number;
  shown: boolean;
}

/** What the user has chosen; what is not named here stays as it comes. */
interface Choice {
  shown: Record<string, boolean>;
  widths: Record<string, number>;
  order: string[];
}

export interface ColumnStore {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

const fixed: readonly Omit<Column, 'shown'>[] = [
  { id: 'shard', kind: 'shard', path: '', title: 'Shard', width: 54 },
  { id: 'offset', kind: 'offset', path: '', title: 'Offset', width: 92 },
  { id: 'time', kind: 'time', path: '', title: 'Timestamp', width: 186 },
  { id: 'key', kind: 'key', path: '', title: 'Key', width: 84 },
];

export class Columns {
  readonly #stream: string;
  readonly #store: ColumnStore | null;
  #paths = $state.raw<readonly string[]>([]);
  #measured = $state.raw<Readonly<Record<string, number>>>({});
  #choice = $state.raw<Choice>({ shown: {}, widths: {}, order: [] });
  #rowsMeasured = 0;

  constructor(stream: string, store: ColumnStore | null) {
    this.#stream = stream;
    this.#store = store;
    this.#choice = this.#read();
  }

  /** All columns in their order, shown or not. */
  readonly all: readonly Column[] = $derived.by(() => {
    const titles = fieldTitles(this.#paths);
    const columns: Omit<Column, 'shown'>[] = [
      ...fixed,
      ...this.#paths.map((path) => ({ id: `field:${path}`, kind: 'field' as const, path, title: titles.get(path) ?? path, width: 0 })),
      { id: 'value', kind: 'value', path: '', title: 'Value', width: 320 },
    ];
    const sized = columns.map((column) => ({ ...column, width: this.#widthOf(column), shown: this.#isShown(column) }));
    const placeOf = (id: string, at: number): number => {
      const chosen = this.#choice.order.indexOf(id);
      return chosen < 0 ? at : chosen;
    };
    return sized
      .map((column, at) => ({ column, at: placeOf(column.id, at) }))
      .sort((a, b) => a.at - b.at)
      .map(({ column }) => column);
  });
  readonly shown: readonly Column[] = $derived(this.all.filter((column) => column.shown));

  /** How many do not show. The value is not counted: it holds what the fields hold. */
  readonly hidden: number = $derived(this.all.filter((column) => !column.shown && column.kind !== 'value').length);

  /** Learns fields and widths from rows that have come. */
  learn(rows: readonly EventRow[]): void {
    const paths = withFieldsOf(rows, this.#paths, FIELDS_MAX);
    if (this.#rowsMeasured < ROWS_MEASURED || paths !== this.#paths) {
      this.#rowsMeasured += rows.length;
      this.#measured = withWidthsOf(rows, this.#measured);
    }
    this.#paths = paths;
  }

  show(id: string, shown: boolean): void {
    this.#choose({ ...this.#choice, shown: { ...this.#choice.shown, [id]: shown } });
  }
  resize(id: string, width: number): void {
    const sensible = Math.round(Math.min(Math.max(width, COLUMN_WIDTH_MIN), COLUMN_WIDTH_MAX));
    this.#choose({ ...this.#choice, widths: { ...this.#choice.widths, [id]: sensible } });
  }
  /** Moves a column by places to the right, or left where negative. */
  move(id: string, places: number): void {
    const order = this.all.map((column) => column.id);
    const from = order.indexOf(id);
    const to = Math.min(Math.max(0, from + places), order.length - 1);
    if (from < 0 || from === to) return;
    order.splice(to, 0, ...order.splice(from, 1));
    this.#choose({ ...this.#choice, order });
  }
  reset(): void {
    this.#choose({ shown: {}, widths: {}, order: [] });
  }

  #isShown({ id, kind, path }: Omit<Column, 'shown'>): boolean {
    const chosen = this.#choice.shown[id];
    if (chosen !== undefined) return chosen;
    if (kind === 'field') return this.#paths.indexOf(path) < FIELDS_SHOWN;
    return kind !== 'value' || this.#paths.length === 0;
  }

  #widthOf({ id, kind, title, width }: Omit<Column, 'shown'>): number {
    const chosen = this.#choice.widths[id];
    if (chosen !== undefined) return chosen;
    const measured = this.#measured[id] ?? 0;
    if (kind === 'field') return clampField(Math.max(measured, headingWidth(title)));
    return kind === 'key' || kind === 'offset' ? Math.min(Math.max(width, measured), KEY_MAX) : width;
  }

  #choose(choice: Choice): void {
    this.#choice = choice;
    this.#store?.setItem(`columns:${this.#stream}`, JSON.stringify(choice));
  }

  #read(): Choice {
    const kept = { shown: {}, widths: {}, order: [] };
    try {
      return { ...kept, ...(JSON.parse(this.#store?.getItem(`columns:${this.#stream}`) ?? '{}') as Partial<Choice>) };
    } catch {
      return kept; // Written by another version of the page: the columns come as they come.
    }
  }
}

const clampField = (width: number): number => Math.min(Math.max(width, FIELD_MIN), FIELD_MAX);
