/** The entry of `npm run serve`: the lab without a window of its own. */
import { serveCommand } from './serveCommand.ts';

await serveCommand(process.argv.slice(2), import.meta.dirname);
