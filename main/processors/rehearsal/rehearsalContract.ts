/** What the process of a rehearsal answers to the engine: the questions of api/rehearsals.ts, and what it is told of its columns. */
import * as v from 'valibot';
import { call, stream, type } from '../../api/contract.ts';
import type { Comparison, Difference, ListedDifference } from '../../api/rehearsalComparisons.ts';
import {
  rehearsalQuestions,
  type RehearsalMarks,
  type RehearsalState,
  type RehearsalView,
  type Searched,
} from '../../api/rehearsalPositions.ts';
import type { RehearsalOrder } from '../../api/rehearsals.ts';
import { chosenRecords } from './recorded.ts';
import type { Settled } from './settle.ts';

const id = v.number();

const rehearsal = {
  /** Settles the order, and answers questions meanwhile. How far it is, until it is whole. */
  settle: stream(
    v.strictObject({
      tape: v.string(),
      order: v.custom<RehearsalOrder>(() => true),
      inputs: v.array(
        v.strictObject({
          ...{ stream: v.string(), shard: v.number(), brokerId: v.number(), shardId: v.number() },
          ...{ from: v.bigint(), until: v.bigint(), chosen: v.optional(chosenRecords) },
        }),
      ),
      brokers: v.array(v.strictObject({ id: v.number(), address: v.string(), secret: v.string() })),
    }),
    type<Settled & { clock: { from: number; until: number } | null; bytes: number }>(),
  ),
  /** There is a column from now on, in place of an older one with this number. `journal`: once there is something in it. */
  openColumn: call(v.strictObject({ id, journal: v.string() }), type<void>()),
  /** How far its journal goes, whatever its process has said last; 0 where there is none. */
  reachOf: call(v.strictObject({ id }), type<number>()),
  /** Its journal may be deleted when this answers. */
  dropColumn: call(v.strictObject({ id }), type<void>()),
  /** These have ended: nothing more comes to their journals. */
  columnsOver: call(v.strictObject({ ids: v.array(id) }), type<void>()),
  view: call(rehearsalQuestions.view, type<RehearsalView>()),
  state: call(rehearsalQuestions.state, type<RehearsalState>()),
  search: call(rehearsalQuestions.search, type<Searched>()),
  seek: call(rehearsalQuestions.seek, type<{ position: number | null }>()),
  marks: call(rehearsalQuestions.marks, type<RehearsalMarks>()),
  compare: stream(rehearsalQuestions.pair, type<Comparison>()),
  differences: call(v.strictObject({ ...rehearsalQuestions.pair.entries, from: v.number(), most: v.number() }), type<Difference[]>()),
  listDifferences: stream(rehearsalQuestions.pair, type<ListedDifference[]>()),
};

export const rehearsalContract = { rehearsal };
