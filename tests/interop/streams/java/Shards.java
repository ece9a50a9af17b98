import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.errors.LogAndContinueExceptionHandler;
import org.apache.kafka.streams.errors.LogAndContinueProcessingExceptionHandler;
import org.apache.kafka.streams.test.TestRecord;

/**
 * A topology over all shards of its input: a task each, as Kafka Streams has one for each partition, and so a driver each, all under one wall clock.
 * That clock moves as the lab's does in simulated time: it stands at the latest timestamp so far of all shards, and an event finds it there; on its
 * way it stops at each multiple of CLOCK_STEP_MS, as a clock on a wall comes past all of them.
 */
final class Shards implements AutoCloseable {
    /** Every period by the clock in the topologies here is a multiple of it. */
    static final long CLOCK_STEP_MS = 10_000;

    private final Supplier<Topology> topology;
    private final Consumer<ObjectNode> output;
    private final Map<Integer, TopologyTestDriver> drivers = new TreeMap<>();
    private final Map<String, Long> ends = new HashMap<>();
    private Long clockMs = null;

    Shards(Supplier<Topology> topology, Consumer<ObjectNode> output) {
        this.topology = topology;
        this.output = output;
    }

    void take(RecordedEvent event) {
        boolean hasTime = event.timestampMs() != RecordedEvent.NO_TIMESTAMP;
        if (hasTime && (clockMs == null || event.timestampMs() > clockMs)) passTo(event.timestampMs());
        TopologyTestDriver driver = drivers.computeIfAbsent(event.shard(), (shard) -> driver());
        RecordedTime.nowMs = event.timestampMs();
        driver
            .createInputTopic(event.stream(), new ByteArraySerializer(), new ByteArraySerializer())
            .pipeInput(new TestRecord<>(event.key(), event.value(), event.headers(), Math.max(0, event.timestampMs())));
        tell(event.shard(), driver);
    }

    void runOn(long ms) {
        if (clockMs != null) passTo(clockMs + ms);
    }

    private void passTo(long timeMs) {
        if (clockMs != null) {
            for (long at = (Math.floorDiv(clockMs, CLOCK_STEP_MS) + 1) * CLOCK_STEP_MS; at <= timeMs; at += CLOCK_STEP_MS) setClock(at);
        }
        setClock(timeMs);
    }

    private void setClock(long timeMs) {
        long passedMs = clockMs == null ? 0 : timeMs - clockMs;
        clockMs = timeMs;
        drivers.forEach((shard, driver) -> {
            driver.advanceWallClockTime(Duration.ofMillis(passedMs));
            tell(shard, driver);
        });
    }

    private TopologyTestDriver driver() {
        Properties properties = new Properties();
        properties.put(StreamsConfig.APPLICATION_ID_CONFIG, "interop");
        properties.put(StreamsConfig.DEFAULT_KEY_SERDE_CLASS_CONFIG, Text.class);
        properties.put(StreamsConfig.DEFAULT_VALUE_SERDE_CLASS_CONFIG, Text.class);
        properties.put(StreamsConfig.DEFAULT_TIMESTAMP_EXTRACTOR_CLASS_CONFIG, RecordedTime.class);
        properties.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 0);
        // An event that can not be read or processed goes, as it was, to a topic of its own.
        properties.put(StreamsConfig.DESERIALIZATION_EXCEPTION_HANDLER_CLASS_CONFIG, LogAndContinueExceptionHandler.class);
        properties.put(StreamsConfig.PROCESSING_EXCEPTION_HANDLER_CLASS_CONFIG, LogAndContinueProcessingExceptionHandler.class);
        properties.put(StreamsConfig.ERRORS_DEAD_LETTER_QUEUE_TOPIC_NAME_CONFIG, "bad");
        return new TopologyTestDriver(topology.get(), properties, Instant.ofEpochMilli(clockMs == null ? 0 : clockMs));
    }

    private void tell(int shard, TopologyTestDriver driver) {
        for (String topic : new TreeSet<>(driver.producedTopicNames())) {
            // Those of stores are its own affair.
            if (topic.endsWith("-changelog")) continue;
            for (TestRecord<byte[], byte[]> record :
                driver.createOutputTopic(topic, new ByteArrayDeserializer(), new ByteArrayDeserializer()).readRecordsToList()) {
                long offset = ends.merge(shard + " " + topic, 1L, Long::sum) - 1;
                output.accept(
                    new RecordedEvent(topic, shard, record.timestamp(), record.key(), record.value(), record.headers()).toJson(offset));
            }
        }
    }

    @Override
    public void close() {
        drivers.values().forEach(TopologyTestDriver::close);
    }
}
