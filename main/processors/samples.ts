/** The processors that come with the lab, to begin with. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { SampleProcessor } from '../api/processors.ts';

/** The comment that a sample begins with says what it is. */
export function readSamples(folder: string): SampleProcessor[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'))
    .sort()
    .map((file) => {
      const source = readFileSync(path.join(folder, file), 'utf8');
      const title = /\/\*\*\s*\*?\s*([\s\S]*?)(?:\.\s|\*\/)/.exec(source)?.[1] ?? '';
      return { name: file.slice(0, -'.ts'.length), title: title.replace(/\s*\n\s*\*\s*/g, ' ').trim(), source };
    });
}
