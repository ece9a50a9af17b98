/** What is served, as the table in README.md of this folder: made from the declarations, and held against them by a test. */
import { type ApiName, apiOf, apis } from './apis/index.ts';
import type { Fields } from './wire/fields.ts';

/** The table, in Markdown. */
export function servedTable(): string {
  const rows = (Object.keys(apis) as ApiName[])
    .map((name) => apiOf(name))
    .sort((a, b) => a.key - b.key)
    .map(({ name, key, min, max, flexibleFrom, request, response }) => {
      const flexible = flexibleFrom > max ? 'none' : `${flexibleFrom} on`;
      return `| ${name} | ${key} | ${min === max ? min : `${min}–${max}`} | ${flexible} | ${count(request)} | ${count(response)} |`;
    });
  return [
    '| request | key | versions | flexible | fields asked | fields answered |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}

/** Those of structs within it counted too. */
function count(fields: Fields): number {
  return Object.values(fields).reduce((sum, { fields: inner }) => sum + 1 + (inner ? count(inner) : 0), 0);
}
