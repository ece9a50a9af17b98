/** Kafka's own Java library. java/Peer.java says what it can be asked, lines.ts what question and answer look like. */
import { fetchedLibrary, javaPeer } from '../javaPeer.ts';

export type Command = 'hash' | 'read' | 'read-files' | 'build' | 'messages';

const library = { title: 'Kafka’s library', name: 'kafka', folder: import.meta.dirname };
const { ask, runProgram } = javaPeer(library);

export const askKafka = (command: Command, args: readonly string[], input: Buffer | string): Promise<string[]> =>
  ask([command, ...args], input);

/** What one of Kafka's console tools prints to stdout, named by its class ("TopicCommand"). Throws what it printed where it fails. */
export const runTool = (name: string, args: readonly string[], input?: string): Promise<string> =>
  runProgram(`org.apache.kafka.tools.${name}`, args, input);

/** The folder with the library's jars. */
export const kafkaJars = (): string => fetchedLibrary(library);
