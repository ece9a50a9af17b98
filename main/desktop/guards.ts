/** What no page in the app may do: go elsewhere, open windows, embed others, ask for devices. */
import { app, type Session, shell, type WebContents } from 'electron';
import { isPage, PAGE_ORIGIN } from './pageScheme.ts';

/** For every page that the app ever makes. To be called before the first. */
export function guardPages(): void {
  app.on('web-contents-created', (_event, contents) => guard(contents));
}

function guard(contents: WebContents): void {
  contents.on('will-frame-navigate', (event) => {
    if (!isPage(event.url)) event.preventDefault();
  });
  contents.on('will-redirect', (event) => {
    if (!isPage(event.url)) event.preventDefault();
  });
  contents.on('will-attach-webview', (event) => event.preventDefault());
  contents.setWindowOpenHandler(({ url }) => {
    openOutside(url);
    return { action: 'deny' };
  });
}

/** A link that leads out of the lab opens in the browser: over HTTPS and without credentials, or not at all. */
function openOutside(url: string): void {
  const target = URL.parse(url);
  if (target?.protocol !== 'https:' || target.username || target.password) return;
  void shell.openExternal(target.href).catch(() => {});
}

/** Copying a text is all that the page may do beyond showing itself. */
const GRANTED = 'clipboard-sanitized-write';

export function denyPermissions(session: Session): void {
  session.setPermissionRequestHandler((contents, permission, grant) => grant(permission === GRANTED && isPage(contents.getURL())));
  session.setPermissionCheckHandler((_contents, permission, origin) => permission === GRANTED && origin.replace(/\/$/, '') === PAGE_ORIGIN);
  session.setDevicePermissionHandler(() => false);
}
