import { describe, expect, test } from 'vitest';
import { ProduceForm } from '../../../renderer/src/features/produce/produceForm.svelte.ts';

const text = (bytes: Uint8Array | null) => bytes && new TextDecoder().decode(bytes);

describe('the record of the form', () => {
  test('untouched: no key, an empty value, now, by key', () => {
    const record = new ProduceForm().record();
    expect(record).toMatchObject({ key: null, headers: [], timestamp: null, shard: null });
    expect(record.value).toEqual(new Uint8Array());
  });

  test('an empty key is not no key', () => {
    const form = new ProduceForm();
    form.keyed = true;
    expect(form.record().key).toEqual(new Uint8Array());
  });

  test('a null value is not an empty one, and keeps the text for later', () => {
    const form = new ProduceForm();
    form.value = '{"a":1}';
    form.mode = 'null';
    expect(form.record().value).toBeNull();
    expect(form.snapshot().value).toBe('{"a":1}');
  });

  test('headers in their order, double names kept, empty rows left out', () => {
    const form = new ProduceForm();
    form.addHeader('a', '1');
    form.addHeader();
    form.addHeader('a', '2');
    expect(form.record().headers.map(([name, value]) => [name, text(value)])).toEqual([
      ['a', '1'],
      ['a', '2'],
    ]);
  });

  test('a time long ago and a chosen shard', () => {
    const form = new ProduceForm();
    form.timed = true;
    form.time = '0718-01-01';
    form.byKey = false;
    form.shard = 2;
    expect(form.record()).toMatchObject({ timestamp: BigInt(Date.parse('0718-01-01T00:00:00Z')), shard: 2 });
  });
});

describe('{{n}}', () => {
  test('in key or value is counted up unless that is unticked', () => {
    const form = new ProduceForm();
    expect(form.numbered).toBe(false);
    form.value = '{"n": {{n}}}';
    expect([form.numbered, form.jsonProblem]).toEqual([true, null]);
    form.mode = 'null';
    expect(form.numbered, 'a text that is not sent').toBe(false);
    form.keyed = true;
    form.key = 'visitor-{{n}}';
    expect(form.numbered).toBe(true);
    form.numbered = false;
    form.key = 'shopper-{{n}}';
    expect(form.numbered, 'a choice stays').toBe(false);
    const again = new ProduceForm();
    again.restore(form.snapshot());
    expect(again.numbered).toBe(false);
    again.numbered = true;
    again.key = '789';
    expect(again.numbered, 'a tick that says what the text says is no choice').toBe(false);
  });
});

describe('drafts', () => {
  test('a kept event comes back as it was', () => {
    const draft = { key: '', value: 'not json', headers: [['h', 'v']] as [string, string][], shard: 1, timestamp: 'half a ti' };
    const form = new ProduceForm();
    form.load(draft);
    expect(form.draft()).toEqual(draft);
    expect(form.mode).toBe('text');
  });

  test('a snapshot restores everything, also after a kept event was loaded', () => {
    const form = new ProduceForm();
    Object.assign(form, { keyed: true, key: 'k', mode: 'text', value: 'v', count: 7, numbered: true });
    const snapshot = form.snapshot();
    form.load({ key: null, value: null, headers: [], shard: null, timestamp: null });
    form.restore(snapshot);
    expect(form.snapshot()).toEqual(snapshot);
  });
});
