import java.io.BufferedOutputStream;
import java.io.File;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.apache.kafka.clients.producer.internals.BuiltInPartitioner;
import org.apache.kafka.common.record.internal.FileRecords;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.utils.Utils;

/**
 * Kafka's own code, asked from outside; the answer is lines (../lines.ts).
 *
 * hash N…           a key a line on stdin: its murmur2, then its partition among N partitions, for each N
 * read              batches on stdin, one after another: as a broker reads them from a request
 * read-files FILE…  the same of files: as a broker reads its segments
 * messages          messages of the protocol to write, a line each (Messages.java)
 * build             batches to build, as lines on stdin: their bytes, and each as Kafka reads it
 */
public final class Peer {
    public static void main(String[] args) throws Exception {
        List<String> rest = Arrays.asList(args).subList(1, args.length);
        // No more than ASCII is written, and System.out would flush each line.
        try (PrintStream out = new PrintStream(new BufferedOutputStream(new FileOutputStream(FileDescriptor.out), 1 << 20))) {
            switch (args[0]) {
                case "hash" -> hash(rest, out);
                case "read" -> BatchReader.read(MemoryRecords.readableRecords(ByteBuffer.wrap(System.in.readAllBytes())), out);
                case "read-files" -> {
                    for (String file : rest) {
                        try (FileRecords records = FileRecords.open(new File(file), false)) {
                            BatchReader.read(records, out);
                        }
                    }
                }
                case "messages" -> Messages.write(inputLines(), out);
                case "build" -> BatchBuilder.build(inputLines(), out);
                default -> throw new IllegalArgumentException("There is no command " + args[0]);
            }
        }
    }

    private static void hash(List<String> partitionCounts, PrintStream out) throws Exception {
        for (String line : inputLines()) {
            byte[] key = Lines.bytes(line);
            int hash = Utils.murmur2(key);
            out.print(hash);
            for (String text : partitionCounts) {
                int count = Integer.parseInt(text);
                int partition = Utils.toPositive(hash) % count;
                // The formula above is the documented one; this is what a producer calls.
                if (BuiltInPartitioner.partitionForKey(key, count) != partition) throw new IllegalStateException("Kafka differs from itself for " + line);
                out.print("\t" + partition);
            }
            out.print("\n");
        }
    }

    private static List<String> inputLines() throws Exception {
        return new String(System.in.readAllBytes(), StandardCharsets.US_ASCII).lines().toList();
    }
}
