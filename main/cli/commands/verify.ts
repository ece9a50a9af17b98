/** loglab verify: every batch of the log, checked. */
import type { Command } from 'commander';
import { command, type Common, withLab } from '../command.ts';
import type { Output } from '../output.ts';
import { verifyLog } from '../verify.ts';

export function addVerify(program: Command, output: Output): void {
  command(program, 'verify [stream]', 'check every batch of the log, or of one stream').action(
    (stream: string | undefined, options: Common) => withLab(options, output, (lab) => verifyLog(lab, output, stream, options)),
  );
}
