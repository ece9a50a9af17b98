/**
 * From the TypeScript of a processor to what a realm runs: types are taken away, imports and exports become calls, lines stay where they are.
 * Types are not checked here: the editor does that. `import()` becomes a call of `require` too, which matters: Node's own way to answer it
 * would hand an object of the outer realm in.
 */
import { transform } from 'sucrase';
import { LabError } from '../api/errors.ts';
import { SOURCE_CHARACTERS_MAX } from '../api/processors.ts';

/** `bad-input`, with the place in the file, where the source can not be read. `fileName`: as it is named in errors. */
export function compileProcessor(source: string, fileName: string): string {
  if (source.length > SOURCE_CHARACTERS_MAX) {
    const most = SOURCE_CHARACTERS_MAX.toLocaleString('en');
    throw new LabError('bad-input', `${fileName} has ${source.length.toLocaleString('en')} characters; a processor has at most ${most}.`);
  }
  try {
    return transform(source, {
      transforms: ['typescript', 'imports'],
      disableESTransforms: true,
      production: true,
      filePath: fileName,
    }).code;
  } catch (cause) {
    throw syntaxError(cause, fileName);
  }
}

function syntaxError(cause: unknown, fileName: string): LabError {
  const { message, loc } = cause as Error & { loc?: { line: number; column: number } };
  const said = message.replace(/^Error transforming .*?: /, '').replace(/ \(\d+:\d+\)$/, '');
  const place = loc ? `${fileName}:${loc.line}:${loc.column}` : fileName;
  return new LabError('bad-input', `${place}: ${said}`, { cause });
}
