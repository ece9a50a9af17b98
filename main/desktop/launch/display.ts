/** Whether a window can show at all. macOS and Windows always have a display; elsewhere X11 or Wayland say so. */
export function hasDisplay(): boolean {
  if (process.platform === 'darwin' || process.platform === 'win32') return true;
  return Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);
}
