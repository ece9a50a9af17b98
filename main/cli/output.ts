/** How the command prints: results to stdout with its back-pressure, everything else to stderr. */
import { once } from 'node:events';

export interface Output {
  /** One or more lines, without the last line's end. Waits while the reader of stdout is behind. */
  print(text: string): Promise<void>;
  /** Text as it is. Waits while the reader of stdout is behind. */
  write(text: string): Promise<void>;
  /** A line for people, on stderr. */
  say(text: string): void;
  /** A line for who looks on, on a terminal only: a program that reads stderr finds the failure there, and nothing else. */
  note(text: string): void;
  /** A line that is overwritten by the next one, on a terminal only. */
  progress(text: string): void;
}

export function createOutput(): Output {
  let hasProgress = false;
  const clear = (): void => {
    if (hasProgress) process.stderr.write('\r\x1b[K');
    hasProgress = false;
  };
  const write = async (text: string): Promise<void> => {
    clear();
    if (!process.stdout.write(text)) await once(process.stdout, 'drain');
  };
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // `loglab consume … | head` ends the pipe: that is no failure.
    if (error.code === 'EPIPE') process.exit(0);
    const why = error.code === 'ENOSPC' ? 'the disk is full' : error.message;
    process.stderr.write(`The output can not be written: ${why}. What was written until then is not all.\n`, () => process.exit(1));
  });
  const say = (text: string): void => {
    clear();
    process.stderr.write(`${text}\n`);
  };
  return {
    print: (text) => write(`${text}\n`),
    write,
    say,
    note(text) {
      if (process.stderr.isTTY) say(text);
    },
    progress(text) {
      if (!process.stderr.isTTY) return;
      process.stderr.write(`\r\x1b[K${text}`);
      hasProgress = true;
    },
  };
}

/** JSON with offsets as decimal strings. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => (typeof inner === 'bigint' ? String(inner) : inner));
}

/** Rows of cells as lines whose columns stand below each other; the first row is the header. Columns of numbers are named, by index. */
export function tableLines(rows: readonly (readonly string[])[], numbers: readonly number[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row
      .map((cell, column) => (numbers.includes(column) ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)))
      .join('  ')
      .trimEnd(),
  );
}
