/** The rejected lines of an import, asked for after the lab was closed and opened again. */
import { expect, it } from 'vitest';
import { bytes, openLab, temporaryFolder } from '../../openLab.ts';

it('keeps the rejected lines of an import until its job is dismissed, also when the lab is closed in between', async () => {
  const { folder, remove } = temporaryFolder();
  const lab = await openLab(folder);
  const rules = { format: 'ndjson', keyField: null, timeField: null } as const;
  const { jobId } = await lab.client.imports.start({ stream: 'orders', shards: 1, rules, file: { name: 'orders.ndjson', bytes: null } });
  await lab.client.imports.write({ jobId, piece: bytes('{"n":1}\nbroken\n') });
  await lab.client.imports.finish({ jobId });
  const asked = { jobId, from: 0, limit: 10 };
  const before = await lab.client.imports.rejected(asked);
  expect(before).toMatchObject({ kept: 1, total: 1 });
  await lab.close();

  const again = await openLab(folder);
  try {
    expect(await again.client.imports.rejected(asked)).toEqual(before);
    for await (const jobs of again.client.jobs.watch({})) {
      expect(jobs).toMatchObject([{ id: jobId, state: 'done', rejected: 1, message: '1 event imported. 1 line was rejected.' }]);
      break;
    }
    await again.client.jobs.dismiss({ id: jobId });
    await expect(again.client.imports.rejected(asked)).rejects.toMatchObject({ code: 'no-such-job' });
  } finally {
    await again.close();
    remove();
  }
});
