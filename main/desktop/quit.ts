/** Quitting: the engine closes cleanly first, within a limit. */
import { app } from 'electron';
import { ENGINE_CLOSE_MS_MAX } from '../processes/engineSupervisor.ts';

/** After this time the app exits whatever the engine does, milliseconds: somewhat more than the engine's own limit. */
export const QUIT_MS_MAX = ENGINE_CLOSE_MS_MAX + 2_000;

export function closeBeforeQuit(close: () => Promise<void>): void {
  let state: 'open' | 'closing' | 'closed' = 'open';
  const isClosed = () => {
    state = 'closed';
    app.quit();
  };
  app.on('before-quit', (event) => {
    if (state === 'closed') return;
    event.preventDefault();
    if (state === 'closing') return;
    state = 'closing';
    setTimeout(() => app.exit(1), QUIT_MS_MAX).unref();
    close().then(isClosed, isClosed);
  });
}
