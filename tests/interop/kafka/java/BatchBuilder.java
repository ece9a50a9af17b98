import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.utils.internals.BufferSupplier;

/**
 * Batches as Kafka's producer, broker, log cleaner and transaction coordinator make them. `how` of a batch line says which:
 *
 * builder    MemoryRecordsBuilder, with log append time where `appendTime` is not -1
 * restamped  built with create time, then given log append time as a broker does with a batch that came in
 * cleaned    built, then compacted: of the records those stay whose offset divides by `keep`; none where it is 0
 * commit, abort  the control batch that ends a transaction, without records of its own
 */
final class BatchBuilder {
    private static final int INITIAL_BYTES = 1024;

    private BatchBuilder() {}

    static void build(List<String> lines, PrintStream out) {
        for (int at = 0; at < lines.size(); ) {
            Map<String, String> batch = Lines.fields(lines.get(at++).split("\t", -1));
            List<String[]> records = new ArrayList<>();
            while (at < lines.size() && lines.get(at).startsWith("record\t")) records.add(lines.get(at++).split("\t", -1));
            MemoryRecords built = built(batch, records);
            ByteBuffer bytes = built.buffer().duplicate();
            out.print("bytes\t" + Lines.base64(bytes) + "\n");
            for (RecordBatch each : built.batches()) BatchReader.print(each, out);
        }
    }

    private static MemoryRecords built(Map<String, String> batch, List<String[]> records) {
        long appendTime = Long.parseLong(batch.get("appendTime"));
        switch (batch.get("how")) {
            case "builder":
                return fromBuilder(batch, records, appendTime);
            case "restamped": {
                MemoryRecords built = fromBuilder(batch, records, RecordBatch.NO_TIMESTAMP);
                for (MutableRecordBatch each : built.batches()) each.setMaxTimestamp(TimestampType.LOG_APPEND_TIME, appendTime);
                return built;
            }
            case "cleaned":
                return cleaned(fromBuilder(batch, records, appendTime), Long.parseLong(batch.get("keep")));
            case "commit":
                return marker(batch, appendTime, ControlRecordType.COMMIT);
            case "abort":
                return marker(batch, appendTime, ControlRecordType.ABORT);
            default:
                throw new IllegalArgumentException("No batch is made by " + batch.get("how"));
        }
    }

    private static MemoryRecords fromBuilder(Map<String, String> batch, List<String[]> records, long appendTime) {
        boolean hasAppendTime = appendTime != RecordBatch.NO_TIMESTAMP;
        MemoryRecordsBuilder builder = MemoryRecords.builder(
            ByteBuffer.allocate(INITIAL_BYTES),
            RecordBatch.MAGIC_VALUE_V2,
            Compression.of(CompressionType.forName(batch.get("codec"))).build(),
            hasAppendTime ? TimestampType.LOG_APPEND_TIME : TimestampType.CREATE_TIME,
            Long.parseLong(batch.get("baseOffset")),
            appendTime,
            Long.parseLong(batch.get("producerId")),
            Short.parseShort(batch.get("producerEpoch")),
            Integer.parseInt(batch.get("firstSequence")),
            Boolean.parseBoolean(batch.get("transactional")),
            false,
            Integer.parseInt(batch.get("leaderEpoch")));
        for (String[] record : records) {
            builder.appendWithOffset(
                Long.parseLong(record[1]), Long.parseLong(record[2]), Lines.bytes(record[3]), Lines.bytes(record[4]), Lines.headers(record, 5));
        }
        return builder.build();
    }

    /** What the log cleaner leaves. Records without a value make it set a delete horizon, a base timestamp that no record has. */
    private static MemoryRecords cleaned(MemoryRecords records, long keep) {
        long now = 1_800_000_000_000L;
        long deleteRetentionMs = 86_400_000;
        MemoryRecords.RecordFilter filter = new MemoryRecords.RecordFilter(now, deleteRetentionMs) {
            @Override
            protected BatchRetentionResult checkBatchRetention(RecordBatch batch) {
                return new BatchRetentionResult(BatchRetention.RETAIN_EMPTY, false);
            }

            @Override
            protected boolean shouldRetainRecord(RecordBatch batch, Record record) {
                return keep != 0 && record.offset() % keep == 0;
            }
        };
        MemoryRecords.FilterResult result =
            records.filterTo(filter, ByteBuffer.allocate(INITIAL_BYTES), BufferSupplier.NO_CACHING, Integer.MAX_VALUE);
        ByteBuffer bytes = result.outputBuffer();
        bytes.flip();
        return MemoryRecords.readableRecords(bytes);
    }

    private static MemoryRecords marker(Map<String, String> batch, long timestamp, ControlRecordType type) {
        int coordinatorEpoch = 5;
        return MemoryRecords.withEndTransactionMarker(
            Long.parseLong(batch.get("baseOffset")),
            timestamp,
            Integer.parseInt(batch.get("leaderEpoch")),
            Long.parseLong(batch.get("producerId")),
            Short.parseShort(batch.get("producerEpoch")),
            new EndTransactionMarker(type, coordinatorEpoch));
    }
}
