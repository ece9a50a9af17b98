/** `npm run serve`: its usage and what it prints. */
import { parseServe, UsageError } from './options.ts';
import { runWebHost } from './program.ts';

const usage = `Usage: npm run serve -- [--workspace DIR] [--port N] [--kafka-port N] [--brokers N] [--durability safe|fast]

  --workspace DIR    the folder that holds the lab; made where it does not exist (default: “My lab” in your application data)
  --port N           the page's port on 127.0.0.1; 0 for any free one (default: 4646, or the next free one)
  --kafka-port N     Kafka’s port on 127.0.0.1 of the first broker, each further one has the next; 0 for any free ones (default: 9092, or the next free one)
  --brokers N        how many brokers, 1 to 5, kept in the workspace; more than it has adds some (default: as many as it has, at first 1)
  --durability MODE  safe: an acknowledged event survives power loss. fast: a crash of the lab, not of the machine. Kept in the workspace (at first: safe)
`;

/** Prints one line, `ready {json}`, once all accept. Exits with 2 for wrong usage, else as {@link runWebHost} does. */
export async function serveCommand(args: string[], builtFolder: string): Promise<void> {
  try {
    await runWebHost(parseServe(args), builtFolder, ({ url, pid, workspace, kafka }) => {
      process.stdout.write(`ready ${JSON.stringify({ url, pid, workspace: workspace.path, kafka })}\n`);
    });
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${error.message}\n\n${usage}`);
    process.exit(2);
  }
}
