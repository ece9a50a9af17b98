/** The words of the lab, each explained in plain sentences. One word for one thing, everywhere. */
export const glossary = {
  workspace: 'A folder that holds everything one lab knows: its streams, its settings, where your lessons stand.',
  broker: 'One machine of the simulated cluster. Here it is a process of its own with one file, so that ending it is a real crash.',
  stream: 'A named sequence of events that goes on without end, cut into shards. Other systems call it a topic.',
  shard:
    'A part of a stream: a log of its own, in strict order, with its own offsets. Events with the same key land in the same shard. Kafka calls it a partition.',
  offset:
    'The number of a record within its shard, counted from 0. It never changes, so a reader can note where it stands and go on from there.',
  record: 'What lies in the log: a key, a value, headers and a timestamp, as bytes.',
  'record batch': 'Records that were appended together. The lab stores and checks them as one piece, in Kafka’s format.',
  event: 'Something that happened, at a moment in time, told as a record: “shopper 789 viewed an iPad”.',
  'event model': 'The versioned description of one kind of event: which fields it has, and what may stand in them.',
  producer: 'A program that appends events to a stream.',
  'consumer group':
    'Readers that share the work of reading a stream: each shard is read by one of them, and the group remembers where it stands.',
  processor: 'A versioned program that reads streams and writes streams.',
  'state store': 'A processor’s memory: keys and values that it keeps from event to event.',
  connector: 'Brings records from another system, or takes them there: the lab goes to it.',
  endpoint: 'A protocol that the lab serves on this machine, so that other programs come to it.',
  connection: 'The saved and tested address of a remote system, with its secrets.',
  archive: 'Files of events that the log itself may already have let go.',
  replay: 'Reading a past range again, at a pace you choose, into a place you choose.',
  bench: 'The screen where processors run side by side under one time cursor.',
  key: 'The part of a record that says whom or what it is about. Equal keys go to the same shard, and so keep their order.',
  value: 'The content of a record; in this lab mostly JSON.',
  header: 'A name and a value that travel with a record beside its content, such as a trace id.',
  timestamp: 'When the event happened, as its producer said. The time it was appended is kept as well.',
  durability:
    'What an acknowledgement promises. “safe”: an acknowledged event survives a power cut. “fast”: it survives a crash of the lab, not of the machine.',
  reader: 'Someone who reads a stream from an offset on. Readers do not disturb each other: reading takes nothing out of the log.',
  'append p99': 'Of the last appends, 99 in 100 were acknowledged at least this fast, measured from arrival to acknowledgement.',
  'event time': 'When an event happened, as opposed to when it was appended.',
  late: 'An event is late where one that happened after it stands before it in the stream: whoever reads by time had passed its moment already.',
  'append-only': 'Events are added at the end and never changed. What was true stays readable.',
} as const satisfies Record<string, string>;

export type GlossaryWord = keyof typeof glossary;
