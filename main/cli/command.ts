/** What the commands have in common: the options that lead to a lab, the lab itself while one works, and their help. */
import { type Command, Option } from 'commander';
import type { RangeFrom } from '../api/events.ts';
import { or } from './arguments.ts';
import { connect, type Connection, type Target } from './connect.ts';
import type { Output } from './output.ts';
import { parseFrom } from './range.ts';

/** A command that makes a workspace where there is none. */
export const MAKES = true;

/** Options that every command has. */
export interface Common extends Target {
  json: boolean;
}

export function command(parent: Command, signature: string, description: string): Command {
  return parent
    .command(signature)
    .description(description)
    .addOption(new Option('--url <url>', 'talk to a running lab, at the url it printed').conflicts(['workspace', 'lab']))
    .addOption(new Option('--workspace <folder>', 'open this workspace, which no lab has open').conflicts('lab'))
    .option(
      '--lab <folder>',
      'talk to the served lab that has this workspace open, or open it where none has (the default: the one that npm start opens)',
    )
    .option('--json', 'print one JSON object a line', false);
}

/** Defaults and choices in plain words; Commander's own way prints them as JSON. */
export function describe({ description, argChoices, defaultValue, defaultValueDescription }: Option): string {
  const notes: string[] = [];
  if (argChoices) notes.push(`one of: ${argChoices.join(', ')}`);
  const plain = typeof defaultValue === 'string' || typeof defaultValue === 'number' ? String(defaultValue) : undefined;
  const initial = defaultValueDescription ?? plain;
  if (initial !== undefined) notes.push(`default: ${initial}`);
  return notes.length === 0 ? description : `${description} (${notes.join('; ')})`;
}

export async function withLab(
  target: Target,
  output: Output,
  work: (connection: Connection) => Promise<void>,
  makes = false,
): Promise<void> {
  const connection = await connect(target, { makes, say: output.note });
  try {
    await work(connection);
  } finally {
    await connection.close();
  }
}

export function fromOption(): Option {
  return new Option('--from <where>', 'beginning, latest, offset:N or an ISO 8601 time')
    .argParser(or(parseFrom, 'beginning, latest, offset:N or an ISO 8601 time'))
    .default({ at: 'beginning' } satisfies RangeFrom, 'beginning');
}

/** Aborts when the command is asked to end. */
export function stopSignal(): AbortSignal {
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  process.once('SIGTERM', () => stop.abort());
  return stop.signal;
}
