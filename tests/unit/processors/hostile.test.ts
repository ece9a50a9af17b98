/** Code that is broken, or means harm: contained, named at its line, and whoever started it lives on. */
import { describe, expect, it } from 'vitest';
import { STEP_MS_MAX } from '../../../main/processors/process/stepClock.ts';
import { at, onEvent, processor, runProcessor } from './running.ts';

const one = [at(0, { n: 1 })];

/** Why the one event became bad; fails where it did not. */
async function reasonsFor(body: string): Promise<string[]> {
  const { emitted } = await runProcessor(onEvent(body), one);
  expect(emitted).toMatchObject([{ output: 'bad', key: 'key', text: '{"n":1}' }]);
  return emitted[0]!.headers.filter(([name]) => name === 'loglab.reason').map(([, reason]) => reason!);
}

const withEvent = ', with the event at offset 0 of in, shard 0';
/** What ends a step is what it computes: on a machine with much else to do that takes its time. */
const ENDED_MS_MAX = 120_000;

describe('what does not come to an end is ended, its line named and its event', { timeout: ENDED_MS_MAX }, () => {
  it.concurrent.each([
    ['a loop in a handler', onEvent('for (;;);'), 4, withEvent],
    ['a loop while it is loaded', 'let n = 0;\nfor (;;) n++;', 2, ''],
    ['one that is asynchronous', `(async () => {\nfor (;;) await 0;\n})();\n${onEvent('')}`, 2, ''],
    ['a loop that is asynchronous', onEvent('(async () => { for (;;) await 0; })();'), 4, ''],
    ['a loop in a window', processor(`onEvent() {},\nwindow: { every: '1s', run() {\nwhile (true) {}\n} }`), 5, ''],
  ])('%s', async (_name, source, line, event) => {
    await expect(runProcessor(source, [at(0, 1), at(5, 2)])).rejects.toMatchObject({
      code: 'processor-ended',
      message: `It did not come to an end within 3 seconds, at tried.ts:${line}${event}. Its process was ended.`,
    });
  });
});

// Windows has no such signals.
it.runIf(process.platform !== 'win32')('a step that the machine lets do nothing for longer is not ended', async () => {
  const stopped = Promise.withResolvers<void>();
  const stop = (pid: number): void => {
    setTimeout(() => process.kill(pid, 'SIGSTOP'), 600);
    setTimeout(() => (process.kill(pid, 'SIGCONT'), stopped.resolve()), 600 + STEP_MS_MAX + 1_000);
  };
  const busy = onEvent('let n = 0; for (let i = 0; i < 100_000_000; i++) n = (n + i) % 7; ctx.emit("out", { value: n });');
  const several = Array.from({ length: 12 }, (_, second) => at(second, second));
  const [{ emitted }] = await Promise.all([runProcessor(busy, several, { onRun: stop }), stopped.promise]);
  expect(emitted.map(({ output }) => output)).toEqual(several.map(() => 'out'));
});

describe('what takes too much memory is ended, and its line named', () => {
  it.each([
    ['objects', 'const all = []; for (;;) all.push(new Array(100_000).fill(all.length));'],
    ['bytes outside of the heap', 'const all = []; for (;;) all.push(new Uint8Array(10_000_000).fill(1));'],
  ])('%s', async (_name, body) => {
    await expect(runProcessor(onEvent(body), one)).rejects.toMatchObject({
      code: 'processor-ended',
      message: `It took more than 512 MiB of memory, at tried.ts:4${withEvent}. Its process was ended.`,
    });
  });
});

describe('what is not there', () => {
  it.each([
    ['process.exit()', /process is not defined \(tried\.ts:4\)/],
    ["require('node:fs')", /imports from 'loglab' alone; there is no 'node:fs' here\. \(tried\.ts:4\)/],
    ['Buffer.from("")', /Buffer is not defined/],
    ['new WebAssembly.Module(new Uint8Array())', /WebAssembly is not defined/],
    ['setTimeout(() => {}, 1)', /no timers in a processor/],
    ["fetch('http://localhost')", /no network/],
    ['new SharedArrayBuffer(1)', /SharedArrayBuffer is not defined/],
  ])('%s', async (body, reason) => {
    expect(await reasonsFor(body)).toEqual([expect.stringMatching(reason)]);
  });

  it('a module of Node, imported', async () => {
    const source = `import { readFileSync } from 'node:fs';\n${onEvent('readFileSync("/etc/passwd")')}`;
    await expect(runProcessor(source, one)).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringMatching(/^tried\.ts:1:\d+: TypeError: A processor imports from 'loglab' alone; there is no 'node:fs' here\.$/),
    });
  });
});

describe('no way leads out of the realm', () => {
  const code = '"return process"';
  it.each([
    `ctx.constructor.constructor(${code})()`,
    `ctx.emit.constructor(${code})()`,
    `globalThis.constructor.constructor(${code})()`,
    `event.headers.constructor.constructor(${code})()`,
    `(function () {}).constructor(${code})()`,
    `(async function () {}).constructor(${code})()`,
    `Reflect.getPrototypeOf(function* () {}).constructor(${code})()`,
    `eval(${code})`,
    `(0, eval)(${code})`,
    `new Function(${code})()`,
    `[].concat.constructor(${code})()`,
    // Errors that V8 makes by itself are of this realm, too.
    `try { null.x } catch (error) { error.constructor.constructor(${code})() }`,
    `const f = () => f(); try { f() } catch (error) { error.constructor.constructor(${code})() }`,
    `try { ctx.store('none') } catch (error) { error.constructor.constructor(${code})() }`,
    `try { JSON.parse('{') } catch (error) { error.constructor.constructor(${code})() }`,
    `Error.captureStackTrace({}).constructor(${code})()`,
  ])('%s', async (body) => {
    expect(await reasonsFor(body)).toEqual([expect.stringMatching(/Code generation from strings disallowed|Cannot read properties/)]);
  });

  describe('an import that is asked for at run time', () => {
    const body = `import('node:fs').then((fs) => ctx.log('in', typeof fs), (error) => { error.constructor.constructor('return process')() });`;

    it('is refused, at its line', async () => {
      await expect(runProcessor(onEvent(body), one)).rejects.toMatchObject({
        code: 'bad-input',
        message: expect.stringMatching(/^tried\.ts:4:\d+: A processor imports from 'loglab' alone; there is no import\(\) here\.$/),
      });
    });

    it('and where it could not be found gets nothing, whatever catches it', async () => {
      // Only V8, which runs the module in a function, takes this.
      const { emitted, log } = await runProcessor(`new.target;\n${onEvent(body)}`, one);
      expect({ emitted, log }).toEqual({ emitted: [], log: [] });
    });

    it('a text or a comment that says so is none', async () => {
      const { emitted } = await runProcessor(onEvent(`/* import('a') */ ctx.emit('out', { text: "import('b')" });`), one);
      expect(emitted).toMatchObject([{ output: 'out', text: "import('b')" }]);
    });
  });

  it('stacks tell no functions of the outside', async () => {
    const body = `Error.prepareStackTrace = (_error, frames) => frames.map((frame) => frame.getFunction());
      ctx.emit('out', { text: typeof new Error().stack });`;
    expect(await reasonsFor(body)).toEqual([expect.stringMatching(/read only property 'prepareStackTrace'/)]);
  });

  it('what it changes of the language reaches nobody else, and not what is counted of it', async () => {
    const body = `Array.prototype.push = () => { throw new Error('pushed') }; JSON.stringify = () => 'mine'; Object.prototype.output = 'other';
      ctx.emit('out', { value: 1 }); ctx.log('said');`;
    const { emitted, log } = await runProcessor(onEvent(body), [at(0, 1), at(1, 2)]);
    expect(emitted.map(({ output, text }) => [output, text])).toEqual([
      ['out', '1'],
      ['out', '1'],
    ]);
    expect(log).toEqual(['said', 'said']);
  });
});

describe('limits', () => {
  it('a million emissions for one event: none, and the event is bad', async () => {
    expect(await reasonsFor('for (let n = 0; n < 1e6; n++) ctx.emit("out", { value: n });')).toEqual([
      'RangeError: More than 10000 events were emitted at once (EMISSIONS_MAX). (tried.ts:4)',
    ]);
  });

  it('many megabytes for one event', async () => {
    expect(await reasonsFor('for (let n = 0; n < 9_000; n++) ctx.emit("out", { text: "x".repeat(1e6) });')).toEqual([
      'RangeError: More than 2621440 characters were emitted at once (EMITTED_CHARACTERS_MAX). (tried.ts:4)',
    ]);
  });

  it('a value of 100 MB for a store', async () => {
    expect(await reasonsFor('ctx.store("kept").set("k", "x".repeat(100e6));')).toEqual([
      'RangeError: The value for “k” in the store “kept” has 100000000 characters; at most 1048576 are kept. (tried.ts:4)',
    ]);
  });

  it('a log that does not end', async () => {
    const { log } = await runProcessor(onEvent('for (let n = 0; n < 1e5; n++) ctx.log(n);'), one);
    expect(log).toHaveLength(101);
    expect(log.at(-1)).toBe('(99900 more lines in this step were dropped)');
  });
});

describe('what is asynchronous is refused', () => {
  it.each(['return new Promise(() => {})', 'return Promise.resolve()', 'return Promise.reject(new Error("later"))'])('%s', async (body) => {
    expect(await reasonsFor(body)).toEqual([
      expect.stringMatching(/It returned a promise: nothing in a processor is asynchronous.*\(tried\.ts:3\)/),
    ]);
  });
});

describe('what uses the ctx of a step that is over ends the run, at its line: its answer would depend on when it came', () => {
  it.each([
    'void (async () => { await 0; ctx.emit("out", { value: "late" }); })()',
    'void Promise.resolve().then(() => ctx.store("kept").set("k", 1))',
    'const kept = ctx.store("kept"); void Promise.resolve().then(() => kept.get("k"))',
    'void (async () => { try { await 0; ctx.bad("late"); } catch {} })()',
  ])('%s', async (body) => {
    await expect(runProcessor(onEvent(body), one)).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringMatching(/^TypeError: Nothing in a processor is asynchronous.*\(tried\.ts:4\)$/),
    });
  });
});

it('the ctx of one shard is of no use in the step of another', async () => {
  const source = processor('onEvent(event, ctx) {\n(globalThis.first ??= ctx).store("kept").set(`of ${ctx.shard}`, 1);\n}');
  const { emitted } = await runProcessor(source, [at(0, 1), at(1, 2, { shard: 1 }), at(2, 3)]);
  expect(emitted).toMatchObject([
    {
      output: 'bad',
      shard: 1,
      headers: [['loglab.reason', 'TypeError: This is of shard 0, and the step of shard 1: use the ctx that it gets. (tried.ts:4)']],
    },
  ]);
});

it('a window that is asynchronous fails, at its line', async () => {
  const source = processor(`onEvent() {},\nwindow: { every: '1s',\nasync run() {} }`);
  const { failures } = await runProcessor(source, [at(0, 1), at(2, 2)]);
  expect(failures[0]).toMatchObject({ message: expect.stringMatching(/It returned a promise/), line: 5 });
});

describe('what can not be loaded says why, and where', () => {
  it.each([
    ['const x = ;', /^tried\.ts:1:11: Unexpected token$/],
    ['export default {\n  inputs: [\n', /^tried\.ts:3:1: Unexpected token/],
    ['let a = 1;\nlet a = 2;', /^tried\.ts:2: Identifier 'a' has already been declared$/],
    ["throw new Error('no')", /^tried\.ts:1:\d+: no$/],
    ['export const a = 1;', /The file has no processor/],
    ['export default { inputs: ["in"] };', /needs a function onEvent/],
    ['export default { inputs: [], onEvent() {} };', /needs inputs/],
    ['export default { inputs: ["in"], outputs: ["bad"], onEvent() {} };', /“bad” is not declared/],
    ['export default { inputs: ["in", "in"], onEvent() {} };', /“in” is there twice/],
    ['export default { inputs: ["a b"], onEvent() {} };', /"a b" is no name/],
    ['export default { inputs: ["in"], onEvent() {}, window: { every: "1 year", run() {} } };', /every is a time like 30s/],
    ['export default { inputs: ["in"], onEvent() {}, windows: {} };', /A processor has no “windows”/],
  ])('%s', async (source, message) => {
    await expect(runProcessor(source, one)).rejects.toMatchObject({ code: 'bad-input', message: expect.stringMatching(message) });
  });
});
