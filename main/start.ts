/** The entry of `npm start`: the desktop app, or, where that can not be, the same lab in a browser. Runs on Node. */
import { startCommand } from './desktop/launch/startCommand.ts';

await startCommand(process.argv.slice(2), import.meta.dirname);
