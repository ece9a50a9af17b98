/**
 * Bad events say who called them so and from which stream they came, by the names that these had when it was said. One that came with an imported
 * workspace may mean a processor or a stream that is called otherwise here: what the processor that writes this stream knows of its names says which.
 */
import type { ProcessorSummary } from '../api/processors.ts';
import { BAD } from '../processors/bad.ts';
import { streamOf } from '../processors/wiring.ts';

type Named = Pick<ProcessorSummary, 'name' | 'streams' | 'current'>;

export interface CalledHere {
  processor: string;
  from: string;
}

/** `bad`: the stream of bad events. What is not known to be called otherwise is called as it says. */
export function calledHere({ processor, from }: CalledHere, bad: string, processors: readonly Named[]): CalledHere {
  const writers = processors.filter(({ streams }) => streamOf(BAD, streams) === bad);
  const itself = writers.find(({ name }) => name === processor);
  if (itself) return { processor, from: readsHere(itself, from) ? from : streamOf(from, itself.streams) };
  const others = writers.filter((each) => Object.hasOwn(each.streams, from) && !readsHere(each, from));
  const [other] = others;
  return other && others.length === 1 ? { processor: other.name, from: streamOf(from, other.streams) } : { processor, from };
}

/** Whether events of a stream that says so are of this stream of bad events. */
export function isCalled(said: string, bad: string, processors: readonly Named[]): boolean {
  return said === bad || (said === BAD && processors.some(({ streams }) => streamOf(BAD, streams) === bad));
}

/** A processor that reads a stream of this name here means that one. */
function readsHere({ current, streams }: Named, stream: string): boolean {
  return current?.inputs.some((input) => streamOf(input, streams) === stream) === true;
}
