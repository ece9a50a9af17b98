/** How wide the event beside the grid is, kept for this browser. */
const [MIN, MAX, FIRST] = [280, 760, 360];
const KEY = 'lab.detailWidth';

class DetailWidthState {
  #pixels = $state(FIRST);

  constructor() {
    try {
      const kept = Number(localStorage.getItem(KEY));
      if (kept) this.#pixels = within(kept);
    } catch {
      // storage is switched off: the width lasts as long as the page
    }
  }

  readonly min = MIN;
  readonly max = MAX;
  get pixels(): number {
    return this.#pixels;
  }
  set pixels(pixels: number) {
    this.#pixels = within(pixels);
    try {
      localStorage.setItem(KEY, String(this.#pixels));
    } catch {
      // as above
    }
  }
}

const within = (pixels: number): number => Math.round(Math.min(Math.max(pixels, MIN), MAX));

export const detailWidth = new DetailWidthState();
