/** loglab streams list | create | delete */
import type { Connection } from './connect.ts';
import { type Output, tableLines, toJson } from './output.ts';

export async function listStreams({ client }: Connection, output: Output, options: { json: boolean }): Promise<void> {
  const streams = await client.streams.list({});
  if (options.json) {
    for (const { name, shards, events, bytes, createdAt, problem } of streams) {
      const places = shards.map(({ shard, startOffset, endOffset, events: count }) => ({ shard, startOffset, endOffset, events: count }));
      await output.print(
        toJson({
          name,
          shards: shards.length,
          events,
          bytes,
          createdAt: new Date(createdAt).toISOString(),
          offsets: places,
          ...(problem === null ? {} : { problem }),
        }),
      );
    }
    return;
  }
  if (streams.length === 0) return output.say('There is no stream yet. Make one: loglab streams create NAME --shards 3');
  const rows = [
    ['STREAM', 'SHARDS', 'EVENTS', 'BYTES'],
    ...streams.map(({ name, shards, events, bytes }) => [name, String(shards.length), String(events), String(bytes)]),
  ];
  for (const line of tableLines(rows, [1, 2, 3])) await output.print(line);
  for (const { problem } of streams) if (problem !== null) output.say(problem);
}

export async function createStream(
  { client }: Connection,
  output: Output,
  name: string,
  options: { shards: number; json: boolean },
): Promise<void> {
  const stream = await client.streams.create({ name, shards: options.shards });
  await output.print(
    options.json
      ? toJson({ name: stream.name, shards: stream.shards.length })
      : `The stream ${stream.name} is there, with ${stream.shards.length} shard${stream.shards.length === 1 ? '' : 's'}.`,
  );
}

export async function deleteStream({ client }: Connection, output: Output, name: string, options: { json: boolean }): Promise<void> {
  await client.streams.delete({ name });
  await output.print(options.json ? toJson({ deleted: name }) : `The stream ${name} and its events are deleted.`);
}
