import java.io.PrintStream;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.record.internal.Records;

/** Batches as Kafka reads them. */
final class BatchReader {
    private BatchReader() {}

    static void read(Records records, PrintStream out) {
        long bytes = 0;
        for (RecordBatch batch : records.batches()) {
            print(batch, out);
            bytes += batch.sizeInBytes();
        }
        // Kafka stops without a word at what is no whole batch.
        out.print("end\tbytes=" + bytes + "\n");
    }

    static void print(RecordBatch batch, PrintStream out) {
        out.print("batch"
            + "\tvalid=" + batch.isValid()
            + "\tmagic=" + batch.magic()
            + "\tsizeBytes=" + batch.sizeInBytes()
            + "\tbaseOffset=" + batch.baseOffset()
            + "\tlastOffset=" + batch.lastOffset()
            + "\tleaderEpoch=" + batch.partitionLeaderEpoch()
            + "\tmaxTimestamp=" + batch.maxTimestamp()
            + "\tproducerId=" + batch.producerId()
            + "\tproducerEpoch=" + batch.producerEpoch()
            + "\tfirstSequence=" + batch.baseSequence()
            + "\trecordCount=" + batch.countOrNull()
            + "\tlogAppendTime=" + (batch.timestampType() == TimestampType.LOG_APPEND_TIME)
            + "\ttransactional=" + batch.isTransactional()
            + "\tcontrol=" + batch.isControlBatch()
            + "\tcodec=" + batch.compressionType().name
            + "\n");
        // Records of a batch whose checksum fails mean nothing.
        if (!batch.isValid()) return;
        batch.ensureValid();
        for (Record record : batch) out.print(Lines.ofRecord(record) + "\n");
    }
}
