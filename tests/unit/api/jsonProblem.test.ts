import { describe, expect, test } from 'vitest';
import { jsonLineProblem, jsonProblem } from '../../../main/api/jsonProblem.ts';

describe('a value that is not JSON', () => {
  test.each(['{}', ' [1, -0.5e3, "a\\u00e9", true, null] ', '"text"', '{"a":{"b":[{}]}}'])('%s is JSON', (text) =>
    expect(jsonProblem(text)).toBeNull(),
  );

  test.each<[string, number, number, string]>([
    ['{\n  "a": 1\n  "b": 2\n}', 2, 8, 'A comma is missing after this.'],
    ['{\n  "a": 1,\n}', 3, 1, 'The comma before } has no field after it.'],
    ['[1, 2,]', 1, 7, 'The comma before ] has no value after it.'],
    ['{a: 1}', 1, 2, 'A field’s name stands in double quotes.'],
    ['{"a" 1}', 1, 6, 'A colon is missing between a field’s name and its value.'],
    ["{'a': 1}", 1, 2, 'A field’s name stands in double quotes.'],
    ["['a']", 1, 2, 'Text in JSON stands in double quotes.'],
    ['{"a": undefined}', 1, 7, 'undefined is no JSON value. Text stands in double quotes.'],
    ['{"a": "b', 1, 7, 'This text is not closed: a double quote is missing.'],
    ['{"a":\n[1', 2, 3, 'The list that begins in line 2 is not closed: ] is missing.'],
    ['{"a": 01}', 1, 8, 'This is not a number in JSON: no leading zeros, and digits on both sides of the point.'],
    ['"\\x"', 1, 2, 'After a backslash stands one of " \\ / b f n r t, or u and four hex digits.'],
    ['{} {}', 1, 4, 'The value has ended, but more text follows. An event holds one JSON value.'],
    ['', 1, 1, 'There is no value.'],
    ['{"a": [1', 1, 9, 'The list that begins at column 7 is not closed: ] is missing.'],
    ['\u001b[31m', 1, 1, 'A value can not begin with U+001B.'],
    [`${'x'.repeat(50)}`, 1, 1, `${'x'.repeat(40)}… is no JSON value. Text stands in double quotes.`],
    ['NaN', 1, 1, 'NaN is no JSON value. Text stands in double quotes.'],
  ])('%j: line %i, column %i', (text, line, column, sentence) => expect(jsonProblem(text)).toMatchObject({ line, column, sentence }));

  test('a line says its column, for the middle of a sentence', () => {
    expect(jsonLineProblem('{"a": 1 "b": 2}')).toBe('column 7: A comma is missing after this');
    expect(jsonLineProblem('{}')).toBeNull();
  });

  test('the place lies in the text', () => {
    for (const text of ['', '{', '[', '"', '{"a', '-', '{"a":1', 'x']) {
      const problem = jsonProblem(text)!;
      expect(problem.from).toBeGreaterThanOrEqual(0);
      expect(problem.to).toBeLessThanOrEqual(text.length);
      expect(problem.from).toBeLessThanOrEqual(problem.to);
    }
  });

  test('a number to be counted up may stand bare', () => {
    expect(jsonProblem('{"n": {{n}}}', true)).toBeNull();
    expect(jsonProblem('{"n": {{n}}}')).not.toBeNull();
  });

  test('deep nesting is a problem, not a crash', () => expect(jsonProblem('['.repeat(200_000))).not.toBeNull());
});
