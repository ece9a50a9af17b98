import { beforeEach, expect, test } from 'vitest';
import { DRAFT_TEXT_MAX, DRAFTS_MAX, DraftStore } from '../../../renderer/src/features/produce/draftStore.ts';
import { ProduceForm } from '../../../renderer/src/features/produce/produceForm.svelte.ts';

beforeEach(() => localStorage.clear());

const formWith = (value: string) => ({ ...new ProduceForm().snapshot(), value });

test('a draft is kept per workspace and stream', () => {
  const store = new DraftStore(() => '/labs/a');
  store.save('orders', formWith('one'));
  expect(new DraftStore(() => '/labs/a').load('orders')?.value).toBe('one');
  expect(new DraftStore(() => '/labs/b').load('orders')).toBeNull();
  store.forget('orders');
  expect(store.load('orders')).toBeNull();
});

test('the drafts longest untouched leave first', () => {
  const store = new DraftStore(() => '/labs/a');
  for (let at = 0; at <= DRAFTS_MAX; at++) store.save(`s${at}`, formWith('x'), at);
  expect(store.load('s0')).toBeNull();
  expect(store.load(`s${DRAFTS_MAX}`)).not.toBeNull();
});

test('a draft too large is said to be, and one that is broken is none', () => {
  const store = new DraftStore(() => '/labs/a');
  expect(store.save('orders', formWith('x'.repeat(DRAFT_TEXT_MAX)))).toBe(false);
  localStorage.setItem('loglab.produce.draft./labs/a:orders', '{');
  expect(store.load('orders')).toBeNull();
});
