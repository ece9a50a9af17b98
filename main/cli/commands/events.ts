/** loglab produce, consume, export, import: events into a stream and out of it. */
import { type Command, Option } from 'commander';
import type { RangeFrom, RangeUntil } from '../../api/events.ts';
import { EXPORT_FORMATS, type ExportFormat } from '../../api/exports.ts';
import type { ImportFormat } from '../../api/imports.ts';
import { FIELDS_FROM_EVENTS_MAX } from '../../api/recordCsv.ts';
import { userPath } from '../../web/layout.ts';
import { or, parseExportUntil, shardNumber, shards } from '../arguments.ts';
import { command, type Common, fromOption, MAKES, stopSignal, withLab } from '../command.ts';
import { consume } from '../consume.ts';
import { exportFile } from '../export.ts';
import { importFile } from '../import.ts';
import { fromFile, fromStdin } from '../importSource.ts';
import type { Output } from '../output.ts';
import { produce } from '../produce.ts';
import { parseUntil } from '../range.ts';

interface ExportArguments {
  format: ExportFormat;
  from: RangeFrom;
  until: RangeUntil;
  shard?: number[];
  force: boolean;
}

export function addEvents(program: Command, output: Output): void {
  command(program, 'produce <stream>', 'append the lines of stdin as events')
    .option('--key <key>', 'the key of every event')
    .addOption(
      new Option('--format <format>', 'what a line is: a value, or a record as JSON').choices(['lines', 'records']).default('lines'),
    )
    .action((stream: string, options: Common & { key?: string; format: 'lines' | 'records' }) =>
      withLab(options, output, (lab) => produce(lab, output, stream, options, process.stdin as AsyncIterable<Buffer>)),
    );

  command(program, 'consume <stream>', 'print the events of a stream')
    .addOption(fromOption())
    .addOption(
      new Option('--until <where>', 'live, now, offset:N, count:N or an ISO 8601 time; an offset or a time itself is not printed any more')
        .argParser(or(parseUntil, 'live, now, offset:N, count:N or an ISO 8601 time'))
        .default({ at: 'live' } satisfies RangeUntil, 'live'),
    )
    .option('--shard <n>', 'only this shard; can be given again', shardNumber)
    .action((stream: string, options: Common & { from: RangeFrom; until: RangeUntil; shard?: number[] }) => {
      const signal = stopSignal();
      return withLab(options, output, (lab) =>
        consume(lab, output, stream, { ...options, ...(options.shard ? { shards: options.shard } : {}) }, signal),
      );
    });

  command(program, 'export <stream> <file>', 'write the events of a stream to a file; - is stdout')
    .addHelpText(
      'after',
      `
CSV has the columns shard, offset, timestamp, key, then the fields of the values as the first ${FIELDS_FROM_EVENTS_MAX} events have them, and last
value: the whole value where the fields do not tell it. Headers are left out.`,
    )
    .addOption(
      new Option('--format <format>', 'one record as JSON a line (import takes them back, nothing is lost), or a row of fields an event')
        .choices(EXPORT_FORMATS)
        .default('records'),
    )
    .addOption(fromOption())
    .addOption(
      new Option(
        '--until <where>',
        'now, offset:N, count:N (waits for as many) or an ISO 8601 time; an offset or a time itself is not exported any more',
      )
        .argParser(or(parseExportUntil, 'now, offset:N, count:N or an ISO 8601 time; what is to come is followed by consume'))
        .default({ at: 'now' } satisfies RangeUntil, 'now'),
    )
    .option('--shard <n>', 'only this shard; can be given again', shardNumber)
    .option('--force', 'replace a file that is there', false)
    .action((stream: string, file: string, options: Common & ExportArguments) => {
      const { shard, ...rest } = options;
      const signal = stopSignal();
      return withLab(options, output, (lab) =>
        exportFile(lab, output, stream, file === '-' ? null : userPath(file), { ...rest, ...(shard ? { shards: shard } : {}) }, signal),
      );
    });

  command(program, 'import <stream> <file>', 'import a file, - is stdin; lines that can not become events are listed')
    .addHelpText(
      'after',
      `
Of CSV the first row names the columns, and each other row becomes a JSON object of its cells. A cell is text, and a number only where it stands
without quotation marks exactly as JSON writes that number: 12 and -0.5, not 007 or 1.50.`,
    )
    .addOption(new Option('--format <format>', 'what the lines are').choices(['ndjson', 'records', 'csv', 'lines']).default('ndjson'))
    .option('--key-field <path>', 'field that becomes the key (shopper.id), of CSV a column')
    .option('--time-field <path>', 'field that becomes the timestamp, of CSV a column')
    .option('--shards <n>', 'shards of the stream, where it is made; an error where it has another number', shards)
    .option('--go-on', 'go on with the import of this file that was broken off, by its own rules; nothing goes in twice', false)
    .action(
      (
        stream: string,
        file: string,
        options: Common & { format: ImportFormat; keyField?: string; timeField?: string; shards?: number; goOn: boolean },
      ) => {
        const rules = { format: options.format, keyField: options.keyField ?? null, timeField: options.timeField ?? null };
        const source = file === '-' ? fromStdin(process.stdin) : fromFile(userPath(file));
        return withLab(
          options,
          output,
          (lab) =>
            importFile(lab, output, stream, source, { rules, shards: options.shards ?? null, goOn: options.goOn, json: options.json }),
          MAKES,
        );
      },
    );
}
