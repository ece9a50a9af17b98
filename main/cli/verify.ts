/** loglab verify */
import { LabError } from '../api/errors.ts';
import type { VerifyReport } from '../api/verify.ts';
import type { Connection } from './connect.ts';
import { type Output, toJson } from './output.ts';

/** Prints what is damaged, a line each; throws where anything is, so that the command ends with 1. */
export async function verifyLog(
  { client }: Connection,
  output: Output,
  stream: string | undefined,
  options: { json: boolean },
): Promise<void> {
  let report: VerifyReport | null = null;
  for await (report of client.verify.run(stream === undefined ? {} : { stream })) {
    const share = report.totalBytes === 0 ? 100 : Math.min(100, Math.floor((report.bytes / report.totalBytes) * 100));
    if (!report.isOver) output.progress(`Verifying: ${share} %`);
  }
  if (!report?.isOver) throw new LabError('disconnected', 'The verification ended before it was over. Try again.');
  for (const damage of report.damages) {
    const { stream: name, shard, firstOffset, lastOffset, reason } = damage;
    await output.print(options.json ? toJson(damage) : `${name}\tshard ${shard}\toffsets ${firstOffset} to ${lastOffset}\t${reason}`);
  }
  const looked = `${plural(report.batches, 'batch', 'batches')} in ${plural(report.shards, 'shard', 'shards')}`;
  if (report.damagedBatches > 0) {
    throw new LabError(
      'batch-damaged',
      `${report.damagedBatches.toLocaleString('en')} of ${looked} can not be read. The others are whole.`,
    );
  }
  if (options.json) await output.print(toJson({ batches: report.batches, shards: report.shards, damaged: 0 }));
  else await output.print(`${looked}: all are whole.`);
}

function plural(count: number, one: string, many: string): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`;
}
