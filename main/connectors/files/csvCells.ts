/**
 * A row of CSV to cells, and its cells to a value:
 *
 * {"column":"cell",…} in the order of the columns. A cell is text, as it stands there, blanks included. It is a number only where it is not in
 * quotation marks and is just what JSON writes for that number: 12, -0.5, 1e+21. So 007, 1.50, +1 and 20 digits stay the text that they
 * are, and an empty cell is "".
 */
import { isCanonicalNumber } from '../../api/recordCsv.ts';

export interface Cell {
  text: string;
  isQuoted: boolean;
}

export interface Cells {
  /** The first `most` of them. */
  cells: Cell[];
  count: number;
}

/** The cells, or the reason why there are none. Those behind the first `most` are counted only: a row may be a megabyte of separators. */
export function cellsOf(row: string, separator: string, most = Number.POSITIVE_INFINITY): Cells | string {
  const cells: Cell[] = [];
  let count = 0;
  for (let at = 0; ;) {
    if (row[at] === '"') {
      const end = closingQuote(row, at + 1);
      if (end < 0) return 'a quoted cell that begins in this row is not closed: everything behind it was read as a part of it';
      const next = end + 1;
      if (next < row.length && row[next] !== separator)
        return `behind the closing quotation mark of cell ${count + 1} there is more text; a quotation mark within a cell is written twice`;
      if (count++ < most) cells.push({ text: row.slice(at + 1, end).replaceAll('""', '"'), isQuoted: true });
      if (next >= row.length) return { cells, count };
      at = next + 1;
    } else {
      const end = row.indexOf(separator, at);
      if (count++ < most) cells.push({ text: end < 0 ? row.slice(at) : row.slice(at, end), isQuoted: false });
      if (end < 0) return { cells, count };
      at = end + 1;
    }
  }
}

/** Where the quoted text from `at` on ends; -1 where it does not. */
function closingQuote(row: string, at: number): number {
  for (let from = at; ;) {
    const quote = row.indexOf('"', from);
    if (quote < 0 || row[quote + 1] !== '"') return quote;
    from = quote + 2;
  }
}

/** The columns that a header names, or what is wrong with it. A column without a name, as some programs write the first one, is numbered. */
export function columnsOf(header: readonly Cell[]): string[] | string {
  const names = new Set<string>();
  for (const [index, { text }] of header.entries()) {
    const name = text === '' ? `column ${index + 1}` : text;
    if (names.has(name)) return `the first row names the column “${name}” twice: give each column a name of its own`;
    names.add(name);
  }
  return [...names];
}

/** @param names the columns' names as JSON */
export function valueOf(names: readonly string[], cells: readonly Cell[]): string {
  const fields = cells.map(({ text, isQuoted }, index) => {
    const isNumber = !isQuoted && isCanonicalNumber(text);
    return `${names[index]!}:${isNumber ? text : JSON.stringify(text)}`;
  });
  return `{${fields.join(',')}}`;
}
