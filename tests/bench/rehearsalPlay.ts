/** The bench plays: how long each frame of the page takes, two processors beside the sample's stream, in Chromium. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { chromium, type Page } from 'playwright';
import { labContract } from '../../main/api/index.ts';
import { connectWebSocket } from '../../main/rpc/adapters/webSocket.ts';
import { createPeer } from '../../main/rpc/peer.ts';
import { chromiumOptions } from '../chromium.ts';
import type { Figure } from './bench.ts';
import { withFolder } from './lab.ts';
import { serve } from './start.ts';

const PROCESSORS = ['abandoned-cart-v1', 'abandoned-cart-v2'];
const PACES = ['as fast as it goes', '100×'];
/** For how long it is watched at each pace, milliseconds. */
const PLAY_MS = 6_000;
/** A frame at 60 a second, and what a clock that ticks a little late adds, milliseconds. */
const FRAME_MS_MAX = 20;

export function play(): Promise<Figure[]> {
  return withFolder(async (folder) => {
    const lab = await serve(path.join(folder, 'workspace'));
    const browser = await chromium.launch(chromiumOptions());
    try {
      const peer = createPeer(await connectWebSocket(lab.url.replace('http:', 'ws:').replace('/?', '/rpc?')));
      const client = peer.client(labContract);
      await client.samples.load({ id: 'nile-shop' });
      for (const name of PROCESSORS) {
        const source = readFileSync(path.join(import.meta.dirname, '../../resources/processors', `${name}.ts`), 'utf8');
        await client.processors.save({ name, source });
      }
      const page = await browser.newPage({ viewport: { width: 1920, height: 1080 } });
      await page.goto(`${lab.url}#/bench`);
      for (const name of PROCESSORS) await page.getByRole('checkbox', { name }).check();
      await page.getByRole('button', { name: 'Start the rehearsal' }).click();
      // What runs ahead, and is run twice, is through.
      await page
        .getByText('the same when run twice')
        .nth(PROCESSORS.length - 1)
        .waitFor({ timeout: 60_000 });
      const figures: Figure[] = [];
      for (const pace of PACES) figures.push(await framesAt(page, pace));
      peer.close();
      return figures;
    } finally {
      await browser.close();
      await lab.stop();
    }
  });
}

async function framesAt(page: Page, pace: string): Promise<Figure> {
  await page.getByRole('combobox', { name: /^Pace/ }).click();
  await page.getByRole('option', { name: pace, exact: true }).click();
  await page.getByRole('slider', { name: 'Position' }).focus();
  await page.keyboard.press('Home');
  await page.getByRole('button', { name: 'Play', exact: true }).click();
  const { frames, moved } = await page.evaluate(async (playMs) => {
    const slider = document.querySelector('[role=slider]')!;
    const frames: number[] = [];
    let moved = 0;
    let at = slider.getAttribute('aria-valuenow');
    let last = await new Promise<number>(requestAnimationFrame);
    for (const until = last + playMs; last < until;) {
      const now = await new Promise<number>(requestAnimationFrame);
      frames.push(now - last);
      last = now;
      const next = slider.getAttribute('aria-valuenow');
      if (next !== at) moved++;
      at = next;
    }
    return { frames, moved };
  }, PLAY_MS);
  await page.getByRole('button', { name: 'Pause', exact: true }).click();
  const value = frames.toSorted((one, other) => one - other)[Math.floor(frames.length * 0.95)]!;
  return {
    what: `frame while the bench plays ${pace}, 95th percentile; ${Math.round((moved * 1_000) / PLAY_MS)} a second moved the cursor`,
    ...{ value, unit: 'ms', wanted: `≤ ${FRAME_MS_MAX} ms`, isMet: value <= FRAME_MS_MAX },
  };
}
