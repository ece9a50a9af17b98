/**
 * How long tests wait. What they wait for comes when the machine gets to it, be it slow or busy: the limits here and in the configurations end only
 * what never comes. Vitest's own are a second for a wait, and ten for setting up.
 */
import { vi } from 'vitest';

/** For one thing that is waited for, milliseconds. */
const WAIT_MS_MAX = 90_000;
const { waitFor } = vi;
vi.waitFor = (look, options) => waitFor(look, { timeout: WAIT_MS_MAX, ...(typeof options === 'number' ? { timeout: options } : options) });
