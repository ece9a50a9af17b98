/** The lessons' files fit together: a slip in a lesson is found here and not by a learner. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { marked, type Token } from 'marked';
import { describe, expect, test } from 'vitest';
import { SHARDS_MAX, streamNameProblem } from '../../../main/api/values.ts';

interface LessonFile {
  id: string;
  place: number;
  title: string;
  summary: string;
  minutes: number;
  streams: string[];
  reads?: string[];
  processors?: string[];
  steps: { file: string; title: string; checks: { say: string; see: Record<string, unknown> }[] }[];
}

type Field = (value: unknown) => boolean;

const whole =
  (least: number, most = Number.MAX_SAFE_INTEGER): Field =>
  (value) =>
    Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most;
const words: Field = (value) => typeof value === 'string' && value !== '';
const offset: Field = (value) => typeof value === 'string' && /^(0|[1-9]\d*)$/.test(value);
const time: Field = (value) =>
  typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(value) && !Number.isNaN(Date.parse(value));

/** What the lab can see: the fields that each kind of check must have, and those it may have. */
const KINDS: Record<string, { must: Record<string, Field>; may?: Record<string, Field> } | Field> = {
  stream: { must: { name: words }, may: { shards: whole(1, SHARDS_MAX) } },
  events: { must: { stream: words, atLeast: whole(1) } },
  event: {
    must: { stream: words },
    may: { key: words, shard: whole(0, SHARDS_MAX - 1), offset, valueContains: words, before: time, after: time },
  },
  sameShard: { must: { stream: words, key: words, atLeast: whole(2) } },
  spread: { must: { stream: words, shards: whole(2, SHARDS_MAX) } },
  readers: { must: { stream: words, apart: whole(1) } },
  start: { must: { stream: words, atLeast: whole(1) } },
  brokerBack: (value) => JSON.stringify(value) === '{}',
  processor: { must: { name: words }, may: { version: whole(0), in: whole(1), bad: whole(1), badMost: whole(0) } },
  processorBack: { must: { name: words } },
  asked: { must: { stream: words, api: (value) => value === 'Produce' || value === 'Fetch', programs: whole(1) } },
  rehearsal: {
    must: { processors: (value) => Array.isArray(value) && value.length > 0 && value.every(words) },
    may: { back: (value) => value === true },
  },
  replayed: { must: { stream: words, into: words } },
  redriven: { must: { name: words } },
  durability: (value) => value === 'safe' || value === 'fast',
};

const WORDS_MIN = 60;
const WORDS_MAX = 140;

const folder = new URL('../../../resources/lessons/', import.meta.url);
const processors = new URL('../../../resources/processors/', import.meta.url);
const lessons = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => {
    const at = new URL(`${name}/`, folder);
    return { name, at, lesson: JSON.parse(readFileSync(new URL('lesson.json', at), 'utf8')) as LessonFile };
  });

function everyToken(markdown: string): Token[] {
  const tokens: Token[] = [];
  marked.walkTokens(marked.lexer(markdown), (token) => void tokens.push(token));
  return tokens;
}

/** What is wrong with a check, or null. */
function checkProblem(see: Record<string, unknown>, declared: string[], processors: string[] = []): string | null {
  const kinds = Object.keys(see);
  if (kinds.length !== 1) return `one kind of check, not ${kinds.length}`;
  const kind = KINDS[kinds[0]!];
  if (!kind) return `no such check: ${kinds[0]}`;
  if (typeof kind === 'function') return kind(see[kinds[0]!]) ? null : `${kinds[0]} is not understood`;
  const fields = see[kinds[0]!] as Record<string, unknown>;
  const known = { ...kind.must, ...kind.may };
  const missing = Object.keys(kind.must).find((name) => !(name in fields));
  if (missing) return `${missing} is missing`;
  const odd = Object.keys(fields).find((name) => !known[name]?.(fields[name]));
  if (odd) return `${odd} is not understood: ${JSON.stringify(fields[odd])}`;
  const programs = fields['processors'] as string[] | undefined;
  const unknown = programs?.find((name) => !processors.includes(name));
  if (programs) return unknown === undefined ? null : `${unknown} is not a processor of this lesson`;
  if (kinds[0]!.startsWith('processor') || kinds[0] === 'redriven')
    return processors.includes(fields['name'] as string) ? null : `${fields['name'] as string} is not a processor of this lesson`;
  const stream = (fields['stream'] ?? fields['name']) as string;
  return declared.includes(stream) ? null : `${stream} is not a stream of this lesson`;
}

test('there are lessons, no two share an id, and each has its place among them', () => {
  expect(lessons.length).toBeGreaterThan(0);
  expect(new Set(lessons.map(({ lesson }) => lesson.id)).size).toBe(lessons.length);
  expect(lessons.map(({ lesson }) => lesson.place).sort()).toEqual(lessons.map((_, index) => index + 1));
});

describe.each(lessons)('lesson $name', ({ name, at, lesson }) => {
  const texts = lesson.steps
    .filter((step) => existsSync(new URL(step.file, at)))
    .map((step) => ({ ...step, markdown: readFileSync(new URL(step.file, at), 'utf8') }));

  test('has its fields, and is named as its folder', () => {
    const { reads: _reads, processors: _processors, ...must } = lesson;
    expect(Object.keys(must).sort()).toEqual(['id', 'minutes', 'place', 'steps', 'streams', 'summary', 'title']);
    expect(lesson.id).toBe(name);
    expect([lesson.title, lesson.summary].every(words)).toBe(true);
    expect(whole(1, 120)(lesson.minutes)).toBe(true);
  });

  test('each step has its file, and each file its step, in order', () => {
    const files = readdirSync(at).filter((file) => file.endsWith('.md'));
    expect(lesson.steps.map((step) => step.file)).toEqual(files.sort());
    for (const step of lesson.steps) expect(words(step.title), step.file).toBe(true);
  });

  test('each check is a sentence and something that the lab can see', () => {
    for (const step of lesson.steps) {
      for (const { say, see, ...rest } of step.checks) {
        expect(rest).toEqual({});
        expect(say).toMatch(/^[A-Z0-9].*\.$/);
        const declared = [...lesson.streams, ...(lesson.reads ?? [])];
        expect(checkProblem(see, declared, lesson.processors), `${step.file}: ${say}`).toBeNull();
      }
    }
    expect(lesson.steps.some((step) => step.checks.length > 0)).toBe(true);
  });

  test('its streams have good names, are none of a sample, and each is looked at', () => {
    const samples = new URL('../../../resources/samples/', import.meta.url);
    const taken = readdirSync(samples, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => (JSON.parse(readFileSync(new URL(`${entry.name}/sample.json`, samples), 'utf8')) as { stream: string }).stream);
    const checks = JSON.stringify(lesson.steps.map((step) => step.checks));
    for (const stream of lesson.streams) {
      expect(streamNameProblem(stream)).toBeNull();
      expect(taken).not.toContain(stream);
      expect(checks).toContain(`"${stream}"`);
      expect(
        texts.some(({ markdown }) => markdown.includes(stream)),
        `the text names ${stream}`,
      ).toBe(true);
    }
  });

  test.each(texts)('$file is short, calm, and has no image, HTML or broken link', ({ markdown, checks }) => {
    const tokens = everyToken(markdown);
    const types = new Set(tokens.map((token) => token.type));
    for (const refused of ['image', 'html', 'heading']) expect(types, 'the step has its title already').not.toContain(refused);
    const pages = [
      '#/streams',
      '#/processors',
      '#/bench',
      '#/shop',
      '#/clients',
      '#/requests',
      ...lesson.streams.map((stream) => `#/streams/${stream}`),
    ];
    for (const token of tokens) if (token.type === 'link') expect(pages).toContain(token['href']);
    const prose = markdown.replaceAll(/^```[^]*?^```$/gm, '');
    expect(prose).not.toContain('!');
    const count = prose.split(/\s+/).filter(Boolean).length;
    expect(count).toBeGreaterThanOrEqual(WORDS_MIN);
    expect(count).toBeLessThanOrEqual(WORDS_MAX);
    if (checks.length > 0) expect(tokens.filter((token) => token.type === 'strong').length, 'names a button').toBeGreaterThan(0);
  });

  test.each(texts)('$file gives text to paste that can be sent as it is', ({ markdown }) => {
    for (const token of everyToken(markdown)) {
      if (token.type !== 'code') continue;
      expect(['json', 'text', 'ts']).toContain(token['lang']);
      if (token['lang'] === 'json') expect(() => void JSON.parse(token['text'] as string)).not.toThrow();
      else expect((token['text'] as string).split('\n')).toHaveLength(1);
    }
  });

  test('its processors are samples, each is looked at, and the text names them', () => {
    const checks = JSON.stringify(lesson.steps.map((step) => step.checks));
    for (const processor of lesson.processors ?? []) {
      expect(existsSync(new URL(`${processor}.ts`, processors)), processor).toBe(true);
      expect(checks).toContain(`"${processor}"`);
      expect(
        texts.some(({ markdown }) => markdown.includes(`**${processor}**`)),
        `the text names ${processor}`,
      ).toBe(true);
    }
  });

  test('what a check looks for in a value stands in a text to paste, or is said by the shop, by Connect or by a processor', () => {
    const said = [
      ...['shop/shopEvents.ts', 'clients/snippets.ts'].map((file) =>
        readFileSync(new URL(`../../../renderer/src/features/${file}`, import.meta.url), 'utf8'),
      ),
      ...(lesson.processors ?? []).map((name) => readFileSync(new URL(`${name}.ts`, processors), 'utf8')),
    ];
    const pasted = texts
      .flatMap(({ markdown }) => everyToken(markdown).filter((token) => token.type === 'code'))
      .map((token) => (token as { text: string }).text)
      .concat(said);
    for (const { see } of lesson.steps.flatMap((step) => step.checks)) {
      const { event, sameShard } = see as Record<string, Record<string, unknown> | undefined>;
      const sought = [event?.['valueContains'], event?.['key'], sameShard?.['key']].filter(words) as string[];
      for (const part of sought)
        expect(
          pasted.some((text) => text.includes(part)),
          part,
        ).toBe(true);
    }
  });
});

test('a check that is not well formed is told', () => {
  const streams = ['inn-events'];
  expect(checkProblem({ stream: { name: 'inn-events' } }, streams)).toBeNull();
  expect(checkProblem({ stream: { name: 'inn-events' }, events: {} }, streams)).toBe('one kind of check, not 2');
  expect(checkProblem({ seen: {} }, streams)).toBe('no such check: seen');
  expect(checkProblem({ durability: 'safe' }, streams)).toBeNull();
  expect(checkProblem({ durability: 'sure' }, streams)).toBe('durability is not understood');
  expect(checkProblem({ events: { stream: 'inn-events' } }, streams)).toBe('atLeast is missing');
  expect(checkProblem({ event: { stream: 'inn-events', offset: 0 } }, streams)).toBe('offset is not understood: 0');
  expect(checkProblem({ event: { stream: 'inn-events', before: 'long ago' } }, streams)).toBe('before is not understood: "long ago"');
  expect(checkProblem({ spread: { stream: 'raw-events', shards: 3 } }, streams)).toBe('raw-events is not a stream of this lesson');
  expect(checkProblem({ processor: { name: 'coupon', in: 1 } }, streams, ['coupon'])).toBeNull();
  expect(checkProblem({ processorBack: { name: 'coupon' } }, streams)).toBe('coupon is not a processor of this lesson');
});
