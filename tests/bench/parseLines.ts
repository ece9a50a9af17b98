/** The ceiling of the import: reads a file and parses each of its lines, nothing more. */
import { createReadStream } from 'node:fs';

let rest = '';
let lines = 0;
for await (const piece of createReadStream(process.argv[2]!, { highWaterMark: 1024 * 1024, encoding: 'utf8' })) {
  const parts = (rest + (piece as string)).split('\n');
  rest = parts.pop() ?? '';
  for (const line of parts) {
    JSON.parse(line);
    lines += 1;
  }
}
console.log(lines);
