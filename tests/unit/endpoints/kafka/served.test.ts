/** The documentation says what is served. `RECORD=1` writes its table anew. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { servedTable } from '../../../../main/endpoints/kafka/served.ts';
import { root } from '../../openLab.ts';

test('the table in the documentation is made from the code', () => {
  const file = path.join(root, 'main/endpoints/kafka/README.md');
  const text = readFileSync(file, 'utf8');
  const written = text.replace(
    /(<!-- made by served.ts -->\n)[^]*(\n<!-- \/made)/,
    (_all, before: string, after: string) => `${before}\n${servedTable()}\n${after}`,
  );
  if (process.env.RECORD) writeFileSync(file, written);
  expect(text).toBe(written);
});
