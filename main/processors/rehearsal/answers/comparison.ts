/**
 * Two columns, output by output: the n-th emission with an output and a key of one against the n-th of the other. Both journals are gone through
 * in order, and of each output and key only what one side is ahead with is remembered, so where both do the same it takes no memory.
 */
import {
  type Comparison as Told,
  type Difference,
  type DifferenceKind,
  DIFFERENCES_KEPT_MAX,
  EXAMPLES_MAX,
  UNMATCHED_MAX,
} from '../../../api/rehearsalComparisons.ts';
import { type JournalReader, stepsOf } from '../journal/reader.ts';
import { PositionSet } from '../positionSet.ts';
import { told } from './told.ts';

/** Without giving the thread back, milliseconds. */
const SLICE_MS = 8;

/** An emission, as the number of its position and its place among those of it. */
interface Place {
  position: number;
  at: number;
}

interface Emission extends Place {
  output: string;
  key: string | null;
  text: string | null;
  headers: string | null;
  timestamp: number | null;
}

interface Unmatched {
  output: string;
  key: string | null;
  side: 0 | 1;
  /** From `next` on. */
  waiting: Waiting[];
  next: number;
}

/** What a side is ahead with: where, and a digest of its value and headers. */
interface Waiting extends Place {
  digest: number;
}

interface Kept {
  kind: DifferenceKind;
  output: string;
  key: string | null;
  position: number;
  a: Place | null;
  b: Place | null;
}

type Counts = Omit<Told['outputs'][number], 'output'>;

export class Comparison {
  readonly #ids: readonly [number, number];
  readonly #journals: readonly [JournalReader, JournalReader];
  readonly #unmatched = new Map<string, Unmatched>();
  #waiting = 0;
  readonly #outputs = new Map<string, Counts>();
  readonly #kept: Kept[] = [];
  readonly #examples: Kept[] = [];
  readonly at = new PositionSet();
  #first: number | null = null;
  #last: number | null = null;
  #upTo = 0;
  #isOver = false;
  #problem: string | null = null;

  constructor(ids: readonly [number, number], journals: readonly [JournalReader, JournalReader]) {
    this.#ids = ids;
    this.#journals = journals;
  }

  get isOver(): boolean {
    return this.#isOver || this.#problem !== null;
  }

  /** Goes on for a moment. `isLast`: both have ended. False where there is nothing more to do by now. */
  goOn(isLast: boolean): boolean {
    if (this.isOver) return false;
    const reach = Math.min(this.#journals[0].reach(), this.#journals[1].reach());
    const until = performance.now() + SLICE_MS;
    while (this.#upTo < reach && performance.now() < until) {
      const position = this.#nextPosition(reach);
      if (position === null) {
        this.#upTo = reach;
        break;
      }
      for (const side of [0, 1] as const) for (const emission of emissionsAt(this.#journals[side], position)) this.#take(side, emission);
      this.#upTo = position;
      if (this.#waiting > UNMATCHED_MAX) {
        this.#problem = `More than ${UNMATCHED_MAX.toLocaleString('en')} emissions wait for their counterparts (UNMATCHED_MAX): compared up to event ${position}.`;
        return false;
      }
    }
    if (this.#upTo < reach) return true;
    if (isLast) this.#end();
    return false;
  }

  told(): Told {
    return {
      ...{ a: this.#ids[0], b: this.#ids[1], upTo: this.#upTo, isOver: this.#isOver, problem: this.#problem },
      outputs: [...this.#outputs]
        .map(([output, counts]) => ({ output, ...counts }))
        .sort((one, other) => (one.output < other.output ? -1 : 1)),
      ...{ first: this.#first, last: this.#last },
      examples: this.#examples.map((each) => this.#tell(each)),
    };
  }

  /** Those that stand at a position or behind it, in their order. */
  from(position: number, most: number): Difference[] {
    return this.#inOrder(position)
      .slice(0, most)
      .map((each) => this.#tell(each));
  }

  /** All that are kept, in their order. */
  *all(): Generator<Difference> {
    for (const each of this.#inOrder(0)) yield this.#tell(each);
  }

  #inOrder(from: number): Kept[] {
    return this.#kept.filter(({ position }) => position >= from).sort((one, other) => one.position - other.position);
  }

  /** The next position at which one of them has emitted anything. */
  #nextPosition(reach: number): number | null {
    const [a, b] = this.#journals.map(({ emitted }) => emitted.next(this.#upTo));
    const next = Math.min(a ?? Infinity, b ?? Infinity);
    return next <= reach ? next : null;
  }

  #take(side: 0 | 1, emission: Emission): void {
    const name = `${emission.output}\0${emission.key ?? ''}\0${emission.key === null ? 1 : 0}`;
    const known = this.#unmatched.get(name);
    const { output, key, position, at } = emission;
    const digest = digestOf(emission);
    if (!known || known.side === side) {
      if (known) known.waiting.push({ position, at, digest });
      else this.#unmatched.set(name, { output, key, side, waiting: [{ position, at, digest }], next: 0 });
      this.#waiting++;
      return;
    }
    const other = known.waiting[known.next++]!;
    this.#waiting--;
    if (known.next === known.waiting.length) this.#unmatched.delete(name);
    const counts = this.#countsOf(output);
    if (other.digest === digest) {
      counts.same++;
      if (other.position !== position) counts.moved++;
      return;
    }
    const [a, b] = side === 1 ? [other, emission] : [emission, other];
    this.#differ({ kind: 'differs', output, key, position, a: placeOf(a), b: placeOf(b) });
  }

  #end(): void {
    const left = [...this.#unmatched.values()].flatMap(({ output, key, side, waiting, next }) =>
      waiting.slice(next).map(({ position, at }): Kept => {
        const place = { position, at };
        return side === 0
          ? { kind: 'missing', output, key, position, a: place, b: null }
          : { kind: 'extra', output, key, position, a: null, b: place };
      }),
    );
    for (const each of left.sort((one, other) => one.position - other.position)) this.#differ(each);
    this.#unmatched.clear();
    this.#waiting = 0;
    this.#isOver = true;
  }

  #differ(found: Kept): void {
    const { kind, output, position } = found;
    this.#countsOf(output)[kind]++;
    this.at.add(position);
    if (this.#first === null || position < this.#first) this.#first = position;
    if (this.#last === null || position > this.#last) this.#last = position;
    if (this.#kept.length < DIFFERENCES_KEPT_MAX) this.#kept.push(found);
    if (this.#examples.filter((each) => each.kind === kind).length < EXAMPLES_MAX) this.#examples.push(found);
  }

  #countsOf(output: string): Counts {
    const known = this.#outputs.get(output);
    if (known) return known;
    const made: Counts = { same: 0, moved: 0, differs: 0, missing: 0, extra: 0 };
    this.#outputs.set(output, made);
    return made;
  }

  #tell({ kind, output, key, position, ...sides }: Kept): Difference {
    const [a, b] = [sides.a, sides.b].map((place, side) => {
      const emission = place && emissionsAt(this.#journals[side]!, place.position)[place.at];
      return emission ? { position: emission.position, text: told(emission.text), timestamp: emission.timestamp } : null;
    });
    return { kind, output, key, position, a: a!, b: b! };
  }
}

function placeOf({ position, at }: Place): Place {
  return { position, at };
}

/** 53 bits of value and headers (cyrb53, public domain): that two differ and have the same is as good as impossible. */
function digestOf({ text, headers }: Emission): number {
  let [one, two] = [0xdeadbeef ^ (text === null ? 1 : 0), 0x41c6ce57];
  for (const part of [text ?? '', '\0', headers ?? '']) {
    for (let at = 0; at < part.length; at++) {
      const code = part.charCodeAt(at);
      one = Math.imul(one ^ code, 2_654_435_761);
      two = Math.imul(two ^ code, 1_597_334_677);
    }
  }
  one = Math.imul(one ^ (one >>> 16), 2_246_822_507) ^ Math.imul(two ^ (two >>> 13), 3_266_489_909);
  two = Math.imul(two ^ (two >>> 16), 2_246_822_507) ^ Math.imul(one ^ (one >>> 13), 3_266_489_909);
  return 4_294_967_296 * (2_097_151 & two) + (one >>> 0);
}

function emissionsAt(journal: JournalReader, position: number): Emission[] {
  if (!journal.emitted.has(position)) return [];
  const chunk = journal.chunkOf(position);
  if (!chunk) return [];
  const { emissions, emittedBefore } = chunk;
  const [from, until] = stepsOf(chunk, position);
  const first = emittedBefore[from]!;
  return Array.from({ length: emittedBefore[until]! - first }, (_, index) => {
    const at = first + index;
    return {
      ...{ position, at: index, output: emissions.outputs[at]!, key: emissions.keys[at]! },
      ...{ text: emissions.texts[at]!, headers: emissions.headers[at]!, timestamp: emissions.timestamps[at]! },
    };
  });
}
