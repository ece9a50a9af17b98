#!/usr/bin/env node
/**
 * The loglab command: `loglab <noun> <verb>`. Exit codes: 0; 1 for a failure, with one line on stderr; 2 for wrong usage. Of compare, as of diff: 0
 * for the same, 1 for what differs, 2 for wrong usage and for failures.
 */
import { Command, CommanderError } from 'commander';
import { layoutFrom } from '../web/layout.ts';
import { describe } from './command.ts';
import { addCompare } from './commands/compare.ts';
import { addEvents } from './commands/events.ts';
import { addProcessors } from './commands/processors.ts';
import { addReplays } from './commands/replays.ts';
import { addStreams } from './commands/streams.ts';
import { addVerify } from './commands/verify.ts';
import { addWorkspace } from './commands/workspace.ts';
import { fail, FAILURE, USAGE } from './failure.ts';
import { createOutput } from './output.ts';

const output = createOutput();
const layout = layoutFrom(import.meta.dirname);
const program = new Command('loglab')
  .description('The command of Unified Log Lab: streams of events, from the shell.')
  .version(layout.version, '-V, --version', 'print the version')
  .exitOverride()
  .configureHelp({ optionDescription: describe })
  .configureOutput({ writeErr: (text) => process.stderr.write(text) });

// In the order of the help.
addStreams(program, output);
addEvents(program, output);
addReplays(program, output);
addCompare(program, output);
addVerify(program, output);
addProcessors(program, output, layout);
addWorkspace(program, output);

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : USAGE;
  else fail(output, error, FAILURE);
}
// A socket that is still closing must not keep the shell waiting.
process.stdout.write('', () => process.exit());
