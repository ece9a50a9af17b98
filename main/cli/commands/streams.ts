/** loglab streams: those of the lab, listed, made and deleted. */
import type { Command } from 'commander';
import { shards } from '../arguments.ts';
import { command, type Common, MAKES, withLab } from '../command.ts';
import type { Output } from '../output.ts';
import { createStream, deleteStream, listStreams } from '../streams.ts';

export function addStreams(program: Command, output: Output): void {
  const streams = program.command('streams').description('list, create and delete streams');
  command(streams, 'list', 'list the streams').action((options: Common) =>
    withLab(options, output, (lab) => listStreams(lab, output, options)),
  );
  command(streams, 'create <name>', 'create a stream')
    .option('--shards <n>', 'number of shards', shards, 3)
    .action((name: string, options: Common & { shards: number }) =>
      withLab(options, output, (lab) => createStream(lab, output, name, options), MAKES),
    );
  command(streams, 'delete <name>', 'delete a stream with its events').action((name: string, options: Common) =>
    withLab(options, output, (lab) => deleteStream(lab, output, name, options)),
  );
}
