/**
 * Which streams a processor reads and writes. Its code has names for them, and so do its positions and its report; here they are called the same,
 * but for those that got another name when its workspace was imported.
 */
import type { ProcessorShape } from '../api/processors.ts';
import { BAD } from './bad.ts';

export interface Wire {
  /** To the processor. */
  name: string;
  /** Here. */
  stream: string;
}

export interface Wiring {
  inputs: Wire[];
  /** Also that of its bad events. */
  outputs: Wire[];
}

/** `streams`: those that are called otherwise here, by the processor's names. */
export function wiringOf({ inputs, outputs }: Pick<ProcessorShape, 'inputs' | 'outputs'>, streams: Record<string, string>): Wiring {
  const wire = (name: string): Wire => ({ name, stream: streamOf(name, streams) });
  return { inputs: inputs.map(wire), outputs: [...outputs, BAD].map(wire) };
}

/** What it says of itself, by the names that its streams have here. */
export function shapeHere<T extends Pick<ProcessorShape, 'inputs' | 'outputs'>>(shape: T, streams: Record<string, string>): T {
  const here = (name: string): string => streamOf(name, streams);
  return { ...shape, inputs: shape.inputs.map(here), outputs: shape.outputs.map(here) };
}

export function streamOf(name: string, streams: Record<string, string>): string {
  return Object.hasOwn(streams, name) ? streams[name]! : name;
}
