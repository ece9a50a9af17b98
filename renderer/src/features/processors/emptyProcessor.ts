/** The text of a processor that somebody begins with. */
export const emptyProcessor = (input: string): string => `import { defineProcessor } from 'loglab';

export default defineProcessor({
  inputs: ['${input}'],
  outputs: ['copied-events'],

  onEvent(event, ctx) {
    if (event.value === null) return ctx.bad('no value');
    ctx.emit('copied-events', { value: event.value });
  },
});
`;
