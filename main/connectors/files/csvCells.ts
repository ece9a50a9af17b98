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

/** The cells, or the reason why there are none. */
export function cellsOf(row: string, separator: string): Cell[] | string {
  const cells: Cell[] = [];
  for (let at = 0; ;) {
    if (row[at] === '"') {
      const end = closingQuote(row, at + 1);
      if (end < 0) return 'a quoted cell that begins in this row is not closed: everything behind it was read as a part of it';
      const next = end + 1;
      if (next < row.length && row[next] !== separator)
        return `behind the closing quotation mark of cell ${cells.length + 1} there is more text; a quotation mark within a cell is written twice`;
      cells.push({ text: row.slice(at + 1, end).replaceAll('""', '"'), isQuoted: true });
      if (next >= row.length) return cells;
      at = next + 1;
    } else {
      const end = row.indexOf(separator, at);
      cells.push({ text: end < 0 ? row.slice(at) : row.slice(at, end), isQuoted: false });
      if (end < 0) return cells;
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
export function columnsOf(header: Cell[]): string[] | string {
  const names = header.map(({ text }, index) => (text === '' ? `column ${index + 1}` : text));
  const twice = names.find((name, index) => names.indexOf(name) < index);
  return twice === undefined ? names : `the first row names the column “${twice}” twice: give each column a name of its own`;
}

/** @param names the columns' names as JSON */
export function valueOf(names: readonly string[], cells: readonly Cell[]): string {
  const fields = cells.map(({ text, isQuoted }, index) => {
    const isNumber = !isQuoted && isCanonicalNumber(text);
    return `${names[index]!}:${isNumber ? text : JSON.stringify(text)}`;
  });
  return `{${fields.join(',')}}`;
}
