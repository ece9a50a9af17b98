/** loglab workspace: all of it to one file, and from one. */
import type { Command } from 'commander';
import { userPath } from '../../web/layout.ts';
import { defaultWorkspace } from '../../workspace/defaultFolder.ts';
import { rename } from '../arguments.ts';
import { command, type Common, stopSignal, withLab } from '../command.ts';
import type { Output } from '../output.ts';
import { exportWorkspace, importWorkspace } from '../workspace.ts';

export function addWorkspace(program: Command, output: Output): void {
  const workspace = program.command('workspace').description('export a workspace to one file, and import it');
  command(workspace, 'export <file>', 'write all streams and processors, as they are now, to one file')
    .option('--force', 'replace a file that is there', false)
    .action((file: string, options: Common & { force: boolean }) => {
      const signal = stopSignal();
      return withLab(options, output, (lab) => exportWorkspace(lab, output, userPath(file), options, signal));
    });
  command(workspace, 'import <file>', 'make the streams and processors of such a file, in a workspace that is made where there is none')
    .option('--rename <old=new>', 'another name for a stream of the file; can be given again', rename, {})
    .option('--rename-processor <old=new>', 'the same for a processor', rename, {})
    .action((file: string, options: Common & { rename: Record<string, string>; renameProcessor: Record<string, string> }) => {
      const named = options.workspace ?? options.lab;
      const folder = named === undefined ? defaultWorkspace() : userPath(named);
      return importWorkspace(output, userPath(file), folder, options, stopSignal());
    });
}
