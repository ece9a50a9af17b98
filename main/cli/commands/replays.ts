/** loglab replay, and replays: past ranges, read again into other streams. */
import { type Command, Option } from 'commander';
import { type ReplayFrom, type ReplayUntil, WAIT_MS_MAX_DEFAULT } from '../../api/replays.ts';
import { userPath } from '../../web/layout.ts';
import {
  nullIfUnlimited,
  or,
  parseReplayFrom,
  parseReplayUntil,
  parseSpeed,
  parseWait,
  shardNumber,
  shards,
  UNLIMITED,
} from '../arguments.ts';
import { command, type Common, stopSignal, withLab } from '../command.ts';
import type { Output } from '../output.ts';
import { endReplay, listReplays, replay, resumeReplay } from '../replay.ts';

interface ReplayOptions {
  into: string;
  from: ReplayFrom;
  until: ReplayUntil;
  key?: string[];
  keyPrefix?: string;
  shard?: number[];
  shards?: number;
  /** UNLIMITED: as fast as it goes. */
  speed: number;
  longestWait: number;
  timestamps: 'original' | 'new';
  headers: boolean;
  through?: string;
  append: boolean;
}

export function addReplays(program: Command, output: Output): void {
  command(program, 'replay <stream>', 'read a past range again, into another stream')
    .addHelpText(
      'after',
      `
A replay is fixed when it begins, and goes on while the lab is open, also after a crash: each event is there once. In each shard events keep their
order; between shards, always the one with the least timestamp among the next ones comes first. Ctrl-C pauses it.`,
    )
    .requiredOption('--into <stream>', 'the stream that is written; made where it is not there')
    .addOption(
      new Option('--from <where>', 'beginning, offset:N or an ISO 8601 time')
        .argParser(or(parseReplayFrom, 'beginning, offset:N or an ISO 8601 time'))
        .default({ at: 'beginning' } satisfies ReplayFrom, 'beginning'),
    )
    .addOption(
      new Option('--until <where>', 'now, offset:N or an ISO 8601 time; an offset or a time itself is not replayed any more')
        .argParser(or(parseReplayUntil, 'now, offset:N or an ISO 8601 time'))
        .default({ at: 'now' } satisfies ReplayUntil, 'now'),
    )
    .option('--key <key>', 'only events with this key; can be given again', (key: string, before: string[] = []) => [...before, key])
    .addOption(new Option('--key-prefix <text>', 'only events whose key begins so').conflicts('key'))
    .option('--shard <n>', 'only this shard; can be given again', shardNumber)
    .addOption(
      new Option('--speed <speed>', 'original, times as fast (10), or max')
        .argParser(parseSpeed)
        .default(UNLIMITED, 'max: as fast as it goes'),
    )
    .addOption(
      new Option('--longest-wait <duration>', 'where no event comes for longer, the wait is shortened to so much; any: never')
        .argParser(parseWait)
        .default(WAIT_MS_MAX_DEFAULT, '60s'),
    )
    .addOption(
      new Option('--timestamps <which>', 'those of the events, or when they are sent').choices(['original', 'new']).default('original'),
    )
    .option('--no-headers', 'leave headers out')
    .option('--through <file>', 'send them through this processor: what it emits is written, bad events go to bad')
    .option('--shards <n>', 'shards of the stream, where it is made (default: as many as the other has)', shards)
    .option('--append', 'write behind the events of a stream that is there', false)
    .action((stream: string, options: Common & ReplayOptions) => {
      const { into, from, until, key, keyPrefix, shard, speed, longestWait, timestamps, headers, through, append, json } = options;
      const keys =
        key !== undefined
          ? ({ are: 'these', keys: key.map((each) => Buffer.from(each)) } as const)
          : keyPrefix !== undefined
            ? ({ are: 'beginning-with', prefix: Buffer.from(keyPrefix) } as const)
            : null;
      const wish = {
        ...{ from, until, keys, speed: nullIfUnlimited(speed), waitMsMax: nullIfUnlimited(longestWait) },
        ...{ timestamps, keepsHeaders: headers, intoExisting: append, json },
        ...{ into: { stream: into, shards: options.shards ?? null }, through: through === undefined ? null : userPath(through) },
        ...(shard ? { shards: shard } : {}),
      };
      const signal = stopSignal();
      return withLab(options, output, (lab) => replay(lab, output, stream, wish, signal));
    });

  const replays = program.command('replays').description('replays that run, stand still or have ended; they run while the lab is open');
  command(replays, 'list', 'list the replays, and how far they are').action((options: Common) =>
    withLab(options, output, (lab) => listReplays(lab, output, options)),
  );
  command(replays, 'resume <id>', 'go on with one that stands still or has failed, and follow it').action((id: string, options: Common) => {
    const signal = stopSignal();
    return withLab(options, output, (lab) => resumeReplay(lab, output, id, options, signal));
  });
  command(replays, 'pause <id>', 'let one stand still').action((id: string, options: Common) =>
    withLab(options, output, (lab) => endReplay(lab, output, id, 'pause', options)),
  );
  command(replays, 'cancel <id>', 'end one where it stands; what it has sent stays').action((id: string, options: Common) =>
    withLab(options, output, (lab) => endReplay(lab, output, id, 'cancel', options)),
  );
}
