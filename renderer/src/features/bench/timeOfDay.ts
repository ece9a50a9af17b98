/** A time of day, as the bench shows it beside each event, is one of the day at which the clock of the rehearsal stands (UTC). */
const timeOfDay = /^(\d{1,2}):(\d{2})(?::(\d{2})([.,]\d{1,9})?)?$/;

/** What was typed with the day before it, where it is such a time; else as it is. */
export function onDayOf(typed: string, clock: number | null): string {
  const parts = timeOfDay.exec(typed.trim());
  if (!parts || clock === null) return typed;
  const [, hour = '', minute, second = '00', fraction = ''] = parts;
  const iso = new Date(clock).toISOString();
  const day = iso.slice(0, iso.indexOf('T'));
  return `${day}T${hour.padStart(2, '0')}:${minute}:${second}${fraction}Z`;
}
