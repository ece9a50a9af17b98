/** Where the lab's answers differ from Kafka's, and why. Each stands for fields of one or more steps; what it gives of them must fit. */
import type { Difference } from './play.ts';

interface Listed {
  /** "produce: two batches"; all steps where it is left out. */
  step?: RegExp;
  api?: string;
  path?: RegExp;
  kafka?: RegExp;
  lab?: RegExp;
  why: string;
}

const CLOSED = /^"the connection is closed"$/;
const SILENCE = /^"neither an answer/;
const NUMBER = /^\d+$/;
const BROKEN = /^-1$/;

const listed: readonly Listed[] = [
  { path: /errorMessage$/, kafka: /^null$/, lab: /^"some/, why: 'The lab says why in words, where Kafka leaves it at a number.' },
  {
    ...{ api: 'ApiVersions', path: /^apiKeys\[\d+\]$/, lab: /^nothing$/ },
    why: 'Groups, transactions, access lists, quotas, replicas: not served, and not told of.',
  },
  {
    ...{ api: 'ApiVersions', path: /^apiKeys\[(2|18|35)\]\.maxVersion$/ },
    why: 'Versions of Kafka 4.4 that no client asks for which the lab is made for; they go down to those served.',
  },
  { api: 'ApiVersions', path: /[fF]eatures/, why: 'Features tell of a cluster’s upgrades and of transactions; the lab has none.' },
  {
    ...{ path: /\[order\]$/, step: /^(?!describeTopics: (two|from|at most))/ },
    why: 'Kafka’s order is that of its hash tables; the lab’s that of the request, or of the names.',
  },
  // Topics.
  {
    ...{ step: /^makeTopics: /, path: /topicId$/, lab: /^null$/ },
    why: 'What is only checked gets no id; Kafka draws one that nothing will have.',
  },
  { step: /^makeTopics: to be compacted$/, why: 'The lab does not compact: it says so, rather than keep all and say nothing.' },
  {
    ...{ step: /^describeTopics: a topic that is made by asking$/, path: /errorCode$|partitions\[0\]$/ },
    why: 'It is there in the same answer; Kafka lets the client ask again.',
  },
  { step: /^describeTopics: by neither name nor id$/, why: 'Kafka fails as a whole; the lab says that there is no such topic.' },
  // Settings.
  {
    ...{ path: /configs\[.*(synonyms|configSource$)/ },
    why: 'A value of a topic stands for itself in the lab; in Kafka it may come from the broker’s settings, under other names.',
  },
  { path: /configs\[.*readOnly$/, lab: /^true$/, why: 'What the lab can not change it tells as what it is.' },
  {
    path: /configs\[[^\]]+\]$/,
    lab: /^nothing$/,
    why: 'Kafka’s settings of segments, compaction, replicas and tiers: the lab has none of these.',
  },
  { step: /^settings: an operation that nobody knows$/, kafka: BROKEN, why: 'Kafka fails on it; the lab refuses it as what it is.' },
  // Produce.
  { step: /^produce: a null$/, kafka: SILENCE, why: 'Kafka never answers.' },
  { step: /^produce: nothing$/, kafka: CLOSED, why: 'The lab names the partition.' },
  {
    ...{ step: /^produce: bytes behind the batch$/ },
    why: 'Kafka throws them away and appends the rest; in the lab what a producer has sent is in the log, or none of it.',
  },
  {
    ...{ step: /^produce: (an unknown codec|what is not compressed as it says)$/, path: /errorCode$/, kafka: BROKEN },
    why: 'Kafka fails on it; the lab refuses it as what it is.',
  },
  { step: /^produce: a transactional id$/, why: 'The lab has no transactions: who wants one is told, also where its batch is none.' },
  {
    ...{ api: 'Produce', path: /logStartOffset$/, kafka: NUMBER, lab: /^-1$/ },
    why: 'With some refusals Kafka tells where the partition begins; the lab tells it with what it has appended.',
  },
  {
    ...{ step: /^produceInSequence: the (fifth )?last (one )?again$/, path: /logAppendTimeMs$/, lab: /^-1$/ },
    why: 'The time of the append is asked for nowhere here; for a batch that it has, Kafka gives the record’s time in its place.',
  },
  // Reading.
  {
    ...{ step: /^(fetch|fetchInSessions|deleteRecords|sizes): .*/, path: /\[(the id of )?odd\]/ },
    why: 'Kafka mends the header of a batch whose greatest time is wrong, and keeps what the lab has refused.',
  },
  {
    ...{ step: /^listOffsets: -50000000000000 of / },
    why: 'A time before 1970 is a time: events of the year 718 are found. Kafka takes it for a place that it does not know.',
  },
  { step: /^fetch: at most -1 bytes( of one)?$/, why: 'Kafka fails on it; the lab gives one batch, as for any limit that is too small.' },
  { step: /^fetch: of an isolation that nobody knows$/, why: 'Kafka fails on it; there is nothing in the lab that is not committed.' },
  {
    ...{ step: /^fetch: at most 100 bytes( of one)?$/, path: /records$/ },
    why: 'Kafka cuts a batch off where the limit is, and its clients throw the piece away; the lab ends with a whole one.',
  },
  {
    ...{ step: /^fetch: (what is compressed|of two partitions)$/, path: /partitions\[1\]/ },
    why: 'Before version 10 a client can not read zstd. The lab says so; Kafka gives it what it can not read.',
  },
  { step: /^fetch: as a replica$/, why: 'The lab has no replicas: who says that it is one reads as everyone does.' },
  {
    step: /^fetchInSessions: /,
    why: 'The lab keeps no sessions: it gives none, and knows none. Clients then name all partitions each time.',
  },
  {
    ...{ step: /^deleteRecords: a fetch from (1 within a batch|3 within a later one)$/, path: /records$/ },
    why: 'Kafka gives what was deleted along with the rest of its batch, and its clients pass over it; in the lab it is gone.',
  },
];

const isWithin = ({ step, api, path, kafka, lab }: Listed, difference: Difference): boolean =>
  (step?.test(difference.step) ?? true) &&
  (api === undefined || api === difference.api) &&
  (path?.test(difference.path) ?? true) &&
  (kafka?.test(difference.kafka) ?? true) &&
  (lab?.test(difference.lab) ?? true);

export const isListed = (difference: Difference): boolean => listed.some((each) => isWithin(each, difference));

/** Reasons of what is listed and did not occur: the list is to say what is, and nothing else. */
export const unseen = (found: readonly Difference[]): string[] =>
  listed.filter((each) => !found.some((difference) => isWithin(each, difference))).map(({ why }) => why);
