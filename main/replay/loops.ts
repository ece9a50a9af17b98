/** Whether what a replay writes comes back to the stream that it reads. */

export interface Flow {
  name: string;
  inputs: string[];
  outputs: string[];
}

/** Names of the processors that lead from one stream to another, in their order; none where nothing does. */
export function wayBetween(from: string, to: string, flows: readonly Flow[]): string[] {
  const ways = new Map<string, string[]>([[from, []]]);
  for (const [stream, way] of ways) {
    for (const { name, inputs, outputs } of flows) {
      if (!inputs.includes(stream)) continue;
      for (const output of outputs) {
        if (output === to) return [...way, name];
        if (!ways.has(output)) ways.set(output, [...way, name]);
      }
    }
  }
  return [];
}

/** A sentence, where something comes back; null where nothing does. */
export function loopSentence(source: string, target: string, flows: readonly Flow[]): string | null {
  const end = 'The replay ends where the stream ends as it begins, so it comes to an end all the same.';
  if (source === target) return `“${target}” is read and written: what is replayed stands in it twice. ${end}`;
  const way = wayBetween(target, source, flows);
  if (way.length === 0) return null;
  const names = way.map((name) => `“${name}”`).join(' and then ');
  return `What is replayed comes back: ${names} ${way.length === 1 ? 'reads' : 'read'} “${target}” and ${way.length === 1 ? 'writes' : 'write'} “${source}”. ${end}`;
}
