/** Input validation where it enters the serving side, and the one sentence that says what is wrong with it. */
import * as v from 'valibot';
import { LabError } from '../api/errors.ts';

/** Issues named in one message; the rest is counted. */
const ISSUES_SHOWN_MAX = 3;

/** Longest text of a received value inside a message, characters. */
const RECEIVED_CHARS_MAX = 60;

/** The parsed input, or a LabError `bad-input` that names the fields. */
export function parseInput<S extends v.GenericSchema>(method: string, schema: S, input: unknown): v.InferOutput<S> {
  const parsed = v.safeParse(schema, input);
  if (parsed.success) return parsed.output;
  throw new LabError('bad-input', `The input of ${method} is not valid: ${sayIssues(parsed.issues)}.`);
}

function sayIssues(issues: readonly v.BaseIssue<unknown>[]): string {
  const said = issues.slice(0, ISSUES_SHOWN_MAX).map(sayIssue);
  if (issues.length > ISSUES_SHOWN_MAX) said.push(`and ${issues.length - ISSUES_SHOWN_MAX} more`);
  return said.join('; ');
}

function sayIssue(issue: v.BaseIssue<unknown>): string {
  const path = v.getDotPath(issue);
  const where = path === null ? '' : `"${path}": `;
  // A message that starts so is valibot's own, with the received value at full length; any other was written for people.
  if (!issue.message.startsWith('Invalid ') || issue.expected === null) return where + withoutStop(issue.message);
  return `${where}expected ${issue.expected}, received ${short(issue.received)}`;
}

const withoutStop = (sentence: string) => sentence.replace(/\.$/, '');

const short = (text: string) => (text.length > RECEIVED_CHARS_MAX ? `${text.slice(0, RECEIVED_CHARS_MAX)}…` : text);
