/** A processor is called after its file. */
import path from 'node:path';
import { LabError } from '../api/errors.ts';
import { processorNameProblem } from '../api/processors.ts';

/** Throws `bad-input` for a file after which none can be called. */
export function nameOf(file: string): string {
  const name = path.basename(file).replace(/\.[^.]+$/, '');
  const problem = processorNameProblem(name);
  if (problem) throw new LabError('bad-input', `${problem} A processor is called after its file.`);
  return name;
}
