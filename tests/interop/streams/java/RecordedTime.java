import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.streams.processor.TimestampExtractor;

/**
 * The time of the event that is handed over. The driver takes no time before 1970; told here, it is a task of Kafka Streams that says what becomes of
 * such an event.
 */
public final class RecordedTime implements TimestampExtractor {
    static long nowMs;

    @Override
    public long extract(ConsumerRecord<Object, Object> record, long partitionTimeMs) {
        return nowMs;
    }
}
