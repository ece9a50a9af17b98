/** The calls of api/workspace.ts. */
import type { DomainHandlers } from '../../api/contract.ts';
import { LabError } from '../../api/errors.ts';
import { PROCESSOR_NAME_LENGTH_MAX } from '../../api/processors.ts';
import { STREAM_NAME_LENGTH_MAX } from '../../api/values.ts';
import type { workspace, WorkspacePreview } from '../../api/workspace.ts';
import { exportWorkspace, type ExportParts } from './exportRun.ts';
import { FileReader } from './fileReader.ts';
import type { Manifest } from './format.ts';
import { WorkspaceImport } from './importRun.ts';

/** Names that are tried for a stream or a processor whose own is taken: orders-2 to orders-999. */
const NAMES_TRIED_MAX = 999;

export function createWorkspaceService(parts: ExportParts): DomainHandlers<typeof workspace> {
  const { registry, cluster, processors, settings, jobs, now } = parts;
  const runs = new Map<string, WorkspaceImport>();
  jobs.onDismiss((id) => runs.delete(id));

  function run(jobId: string): WorkspaceImport {
    const found = runs.get(jobId);
    if (!found) throw new LabError('no-such-job', 'This import is not listed any more.');
    return found;
  }

  function previewOf(manifest: Manifest): WorkspacePreview {
    const naming = (problemOf: (name: string) => string | null, lengthMax: number, names: readonly string[]) => {
      const taken = new Set(names);
      return (name: string): { problem: string | null; freeName: string } => {
        const problem = problemOf(name);
        for (let number = 2; problem !== null && number <= NAMES_TRIED_MAX; number++) {
          const suffix = `-${number}`;
          const tried = `${name.slice(0, lengthMax - suffix.length)}${suffix}`;
          if (taken.has(tried) || problemOf(tried) !== null) continue;
          taken.add(tried);
          return { problem, freeName: tried };
        }
        return { problem, freeName: name };
      };
    };
    const stream = naming(
      registry.problemOf,
      STREAM_NAME_LENGTH_MAX,
      manifest.streams.map(({ name }) => name),
    );
    const processor = naming(
      processors.incoming.problemOf,
      PROCESSOR_NAME_LENGTH_MAX,
      manifest.processors.map(({ name }) => name),
    );
    return {
      lab: manifest.lab,
      madeAt: Date.parse(manifest.madeAt),
      streams: manifest.streams.map(({ name, shards, events, bytes, settings: own }) => ({
        ...{ name, shards, events, bytes, settings: own },
        ...stream(name),
      })),
      processors: manifest.processors.map(({ name, versions, inputs, outputs }) => ({
        name,
        versions,
        inputs,
        outputs,
        ...processor(name),
      })),
    };
  }

  return {
    export: (_input, { signal }) => exportWorkspace(parts, signal),
    preview({ head }) {
      const reader = new FileReader(now);
      for (const item of reader.push(head)) if (item.kind === 'manifest') return previewOf(item.manifest);
      reader.finish();
      throw new LabError('file-unreadable', 'The file is cut short: its end is missing. Get the whole file, and try again.');
    },
    startImport({ file, names, processorNames, withSettings }, { caller }) {
      const start = { kind: 'workspace-import', title: `Import the workspace ${file.name}`, stream: '', unit: 'bytes' } as const;
      const job = jobs.start({ ...start, total: file.bytes, streamMade: false, message: 'Reading the file.' });
      const staging = registry.stage();
      const incoming = processors.incoming.begin();
      const options = {
        job,
        staging,
        incoming,
        cluster,
        settings: withSettings ? settings : null,
        names,
        processorNames,
        sender: caller,
        now,
      };
      runs.set(job.job.id, new WorkspaceImport(options));
      return { jobId: job.job.id };
    },
    write: ({ jobId, piece }) => run(jobId).write(piece),
    finish: ({ jobId }) => run(jobId).finish(),
    abort: ({ jobId, reason }) => run(jobId).fail(reason),
  };
}
