import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.apache.kafka.streams.Topology;

/**
 * Peer TOPOLOGY RUN_ON_MS: what Kafka Streams makes of recorded events. They come on stdin and go to stdout as the lab writes them, a record as
 * JSON a line; each output is told as it comes, with its topic as its stream and its place there as its offset.
 */
public final class Peer {
    private Peer() {}

    public static void main(String[] args) throws Exception {
        Supplier<Topology> topology = topologyOf(args[0]);
        long runOnMs = Long.parseLong(args[1]);
        List<RecordedEvent> events = new ArrayList<>();
        for (String line : new String(System.in.readAllBytes(), StandardCharsets.UTF_8).split("\n")) {
            if (!line.isBlank()) events.add(RecordedEvent.read(line));
        }
        // System.out would flush each line.
        try (PrintStream out = new PrintStream(new BufferedOutputStream(new FileOutputStream(FileDescriptor.out), 1 << 20), false, StandardCharsets.UTF_8);
            Shards shards = new Shards(topology, (ObjectNode record) -> out.print(record + "\n"))) {
            for (RecordedEvent event : events) shards.take(event);
            shards.runOn(runOnMs);
        }
    }

    private static Supplier<Topology> topologyOf(String name) {
        return switch (name) {
            case "map-and-filter" -> MapAndFilter::topology;
            case "count-by-key" -> CountByKey::topology;
            case "abandoned-cart-v1" -> CartsByTheClock::topology;
            case "abandoned-cart-v2" -> CartsBySession::topology;
            case "ticks" -> Ticks::topology;
            case "count-then-throw" -> CountThenThrow::topology;
            case "keys-in-order" -> KeysInOrder::topology;
            default -> throw new IllegalArgumentException("There is no topology " + name);
        };
    }
}
