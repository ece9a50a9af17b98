/** The contract between page (or command line) and engine: one file per domain. No Node, no DOM, nothing of ours but itself. */
import { badEvents } from './badEvents.ts';
import type { Client, Handlers } from './contract.ts';
import { clients, requests } from './clients.ts';
import { events } from './events.ts';
import { eventTimes } from './eventTimes.ts';
import { imports } from './imports.ts';
import { jobs } from './jobs.ts';
import { lab } from './lab.ts';
import { lessons } from './lessons.ts';
import { processors } from './processors.ts';
import { produce } from './produce.ts';
import { readers } from './readers.ts';
import { rehearsals } from './rehearsals.ts';
import { replays } from './replays.ts';
import { samples } from './samples.ts';
import { streams } from './streams.ts';
import { verify } from './verify.ts';
import { workspace } from './workspace.ts';

export const labContract = {
  lab,
  streams,
  events,
  eventTimes,
  produce,
  processors,
  imports,
  jobs,
  samples,
  readers,
  rehearsals,
  replays,
  badEvents,
  lessons,
  verify,
  workspace,
  clients,
  requests,
};

export type LabContract = typeof labContract;
/** What the page holds. */
export type LabClient = Client<LabContract>;
/** What the engine implements. */
export type LabServices = Handlers<LabContract>;
