/** The channel to `npm start`, where that started the app (launch/electronWindow.ts is its end). An installed app has none. */
import { app } from 'electron';

/** The app quits when `npm start` asks for it, or has gone. */
export function followLauncher(): void {
  if (!process.send) return;
  process.on('message', (message) => {
    if ((message as { type?: unknown } | null)?.type === 'quit') app.quit();
  });
  process.once('disconnect', () => app.quit());
}

/** Resolves when it was told, at once where nobody is there. */
export function tellLauncher(type: 'window-shown' | 'handed-over'): Promise<void> {
  return new Promise((resolve) => {
    if (!process.connected || !process.send) return resolve();
    process.send({ type }, () => resolve());
  });
}
