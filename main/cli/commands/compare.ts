/** loglab compare: two processors, and each output that is not the same. */
import type { Command } from 'commander';
import { userPath } from '../../web/layout.ts';
import { or, parseSeed } from '../arguments.ts';
import { command, type Common, stopSignal } from '../command.ts';
import { compareFiles } from '../compare.ts';
import { openCompared, readCompared } from '../compareInput.ts';
import { DIFFERS, fail, USAGE } from '../failure.ts';
import type { Output } from '../output.ts';

export function addCompare(program: Command, output: Output): void {
  command(program, 'compare <file1> <file2>', 'run two processors over the same input, and print each output that is not the same')
    .addHelpText(
      'after',
      `
Of both, the n-th event with an output and a key are set against each other: a line each where value or headers differ, where the second file has
none (missing) or one more (extra), then a summary. Nothing reaches a stream. The input is a file where there is one of that name or it can not name
a stream; of it one record as JSON a line is read, as by processors test, and no workspace. Else, and always with --url, --workspace or --lab, it is a
stream. A processor with one input reads it, whatever it calls it. Both have the same chance at the same event, by its shard and offset; a record of
a file that names no shard is in shard 0. Exit code: 0 where all is the same, 1 where something differs, 2 where it could
not be compared.`,
    )
    .requiredOption('--input <input>', 'a stream, or a file of records; - is stdin')
    .option('--seed <n>', 'another number gives both another chance', or(parseSeed, 'a whole number from 0 to 4294967295'), 0)
    .action(async (file1: string, file2: string, options: Common & { input: string; seed: number }) => {
      const signal = stopSignal();
      try {
        const files = await Promise.all([file1, file2].map((file) => readCompared(userPath(file))));
        const compared = await openCompared(options, options.input, files, output);
        try {
          if (!(await compareFiles(compared, output, files, options, signal))) process.exitCode = DIFFERS;
        } finally {
          await compared.connection.close();
        }
      } catch (error) {
        // As of diff: what differs and what failed are told apart.
        fail(output, error, USAGE);
      }
    });
}
