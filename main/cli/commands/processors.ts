/** loglab processors: programs over streams, deployed, steered, and tried without a lab. */
import { type Command, Option } from 'commander';
import { parseDuration } from '../../api/duration.ts';
import { GUARANTEES, type Guarantee, type ProcessorStart } from '../../api/processors.ts';
import { createNodeSpawner } from '../../processes/nodeSpawner.ts';
import { geoFileOf } from '../../processors/geoFile.ts';
import { type Layout, userPath } from '../../web/layout.ts';
import { or, parseSeed, parseStart } from '../arguments.ts';
import { command, type Common, MAKES, withLab } from '../command.ts';
import { fromFile, fromStdin } from '../importSource.ts';
import type { Output } from '../output.ts';
import {
  deployProcessor,
  listProcessors,
  pauseProcessor,
  printSource,
  removeProcessor,
  resumeProcessor,
  trustProcessor,
} from '../processors.ts';
import { testProcessor } from '../testProcessor.ts';

interface DeployOptions {
  name?: string;
  guarantee?: Guarantee;
  from?: ProcessorStart;
  anew: boolean;
}

export function addProcessors(program: Command, output: Output, { builtFolder, resourcesFolder }: Layout): void {
  const processors = program.command('processors').description('programs over streams; they run while the lab is open');
  command(
    processors,
    'deploy <file>',
    'make a version of a processor of what the file says, and run it: where the version before stood, with its state',
  )
    .option('--name <name>', 'call it so, and not after its file')
    .addOption(new Option('--guarantee <guarantee>', 'what holds when something is killed').choices(GUARANTEES))
    .addOption(
      new Option('--from <where>', 'begin there: beginning, latest or an ISO 8601 time (default: beginning)').argParser(
        or(parseStart, 'beginning, latest or an ISO 8601 time'),
      ),
    )
    .option('--anew', 'forget its state and where it stood, and begin again', false)
    .action((file: string, options: Common & DeployOptions) => {
      const { name = null, guarantee = null, from = null, anew, json } = options;
      return withLab(
        options,
        output,
        (lab) => deployProcessor(lab, output, userPath(file), { name, guarantee, start: from, anew, json }),
        MAKES,
      );
    });
  command(processors, 'list', 'list the processors, and how far they are').action((options: Common) =>
    withLab(options, output, (lab) => listProcessors(lab, output, options)),
  );
  command(processors, 'source <name>', 'print the source of the version that runs, or would').action((name: string, options: Common) =>
    withLab(options, output, (lab) => printSource(lab, output, name, options)),
  );
  command(
    processors,
    'trust <name>',
    'you have looked at the source of one that came with a workspace from elsewhere, and trust it: it goes on where it stood',
  ).action((name: string, options: Common) => withLab(options, output, (lab) => trustProcessor(lab, output, name, options)));
  command(processors, 'pause <name>', 'let it commit what it has, and stand still').action((name: string, options: Common) =>
    withLab(options, output, (lab) => pauseProcessor(lab, output, name, options)),
  );
  command(processors, 'resume <name>', 'let it go on where it stands').action((name: string, options: Common) =>
    withLab(options, output, (lab) => resumeProcessor(lab, output, name, options)),
  );
  command(processors, 'remove <name>', 'end it, and delete its state and positions; what it wrote stays').action(
    (name: string, options: Common) => withLab(options, output, (lab) => removeProcessor(lab, output, name, options)),
  );
  processors
    .command('test <file>')
    .description('run a processor over the records of a file, in simulated time and without a workspace, and print what it emits')
    .addHelpText(
      'after',
      `
The clock stands at the latest timestamp so far, so windows run where they would have. Each event that is emitted is printed with the name of its
output as its stream; bad ones go to bad, with their reasons as headers. A record without a shard is in shard 0. What a processor is, is told in
resources/processors/loglab.d.ts.`,
    )
    .requiredOption(
      '--input <file>',
      'one record as JSON a line; - is stdin. With one input all are its, with several each says its stream',
    )
    .option(
      '--run-on <duration>',
      'let so much time pass after the last event: 90s, 30m, 1h',
      or(parseDuration, 'a duration: 90s, 30m, 1h'),
      0,
    )
    .option('--geo <file>', 'the geo database, a MaxMind DB (default: one of the addresses that are kept for documentation)')
    .option('--seed <n>', 'another number gives other chance', or(parseSeed, 'a whole number from 0 to 4294967295'), 0)
    .option('--json', 'print one record as JSON a line', false)
    .action(
      async (
        file: string,
        { input, runOn, geo, ...options }: { input: string; runOn: number; geo?: string; seed: number; json: boolean },
      ) => {
        const source = input === '-' ? fromStdin(process.stdin) : fromFile(userPath(input));
        await source.size();
        const geoFile = geo === undefined ? geoFileOf(null, resourcesFolder) : userPath(geo);
        await testProcessor(createNodeSpawner(builtFolder), output, userPath(file), source.pieces(0), {
          ...options,
          geoFile,
          runOnMs: runOn,
        });
      },
    );
}
