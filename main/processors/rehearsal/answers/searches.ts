/** The next position, or the one before, at which something is so. It looks for a moment; where it ends the next request goes on. */
import { fieldReader } from '../../../connectors/files/fieldPath.ts';
import type { RehearsalSearch, Searched } from '../../../api/rehearsalPositions.ts';
import type { LogRecord } from '../../../log/index.ts';
import { type JournalReader, stepsOf } from '../journal/reader.ts';
import type { PositionSet } from '../positionSet.ts';
import type { RecordFinder } from '../recordFinder.ts';
import type { TapeEntry, TapeReader } from '../tape.ts';

/** Looks for so long, milliseconds. */
const LOOK_MS = 40;
/** Places of the tape that are taken at once. */
const ENTRIES = 512;

type Direction = RehearsalSearch['direction'];

/** In one of the sets. `isIt`: looked at where it is given. `end`: nothing is known behind it. */
export function searchSets(
  sets: readonly PositionSet[],
  from: number,
  direction: Direction,
  end: number,
  isIt: ((position: number) => boolean) | null = null,
): Searched {
  const until = performance.now() + LOOK_MS;
  for (let at = from; ;) {
    const all = sets.map((set) => (direction === 'next' ? set.next(at) : set.previous(at))).filter((each) => each !== null);
    const found = direction === 'next' ? Math.min(...all) : Math.max(...all);
    if (all.length === 0 || found > end) return { position: null, lookedTo: direction === 'next' ? end : 0, isOver: true };
    if (isIt === null || isIt(found)) return { position: found, lookedTo: found, isOver: false };
    if (performance.now() > until) return { position: null, lookedTo: found, isOver: false };
    at = found;
  }
}

/** Whether a column has emitted something with such a text at a position. */
export function emits(journal: JournalReader, position: number, output: string | null, contains: string): boolean {
  if (!journal.emitted.has(position)) return false;
  const chunk = journal.chunkOf(position);
  if (!chunk) return false;
  const { emissions, emittedBefore } = chunk;
  const [from, until] = stepsOf(chunk, position);
  for (let at = emittedBefore[from]!; at < emittedBefore[until]!; at++) {
    if (output !== null && emissions.outputs[at] !== output) continue;
    if (contains === '' || emissions.keys[at]?.includes(contains) || emissions.texts[at]?.includes(contains)) return true;
  }
  return false;
}

/** The next event of the input. */
export async function searchEvents(
  tape: TapeReader,
  finder: RecordFinder,
  from: number,
  direction: Direction,
  isIt: (record: LogRecord) => boolean,
): Promise<Searched> {
  const until = performance.now() + LOOK_MS;
  const end = tape.positions();
  for (let at = from; ;) {
    const entries = direction === 'next' ? tape.range(at + 1, ENTRIES) : entriesBefore(tape, Math.min(at, end + 1));
    if (entries.length === 0) return { position: null, lookedTo: direction === 'next' ? end : 0, isOver: true };
    for (const [count, { input, offset, position }] of entries.entries()) {
      const found = finder.kept(input, offset) ?? (await finder.find(input, offset, direction === 'previous'));
      at = position;
      if ('record' in found && isIt(found.record)) return { position, lookedTo: position, isOver: false };
      if ((count & 31) === 31 && performance.now() > until) return { position: null, lookedTo: at, isOver: false };
    }
  }
}

function entriesBefore(tape: TapeReader, position: number): TapeEntry[] {
  const from = Math.max(1, position - ENTRIES);
  return tape.range(from, position - from).reverse();
}

/** What an event must have: a text in its key or value; and a field that says just this. */
export function matcherOf(contains: string, field: { path: string; is: string } | null): (record: LogRecord) => boolean {
  const read = field && fieldReader(field.path);
  return ({ key, value }) => {
    const text = value && textOf(value);
    if (contains !== '' && !text?.includes(contains) && !(key && textOf(key).includes(contains))) return false;
    if (!field || !read) return true;
    // Cheaper than to read all of them as JSON.
    if (text === null || !text.includes(field.path.split('.').at(-1)!)) return false;
    try {
      const found = read(JSON.parse(text));
      return found !== undefined && (typeof found === 'string' ? found : JSON.stringify(found)) === field.is;
    } catch {
      return false;
    }
  };
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
}
