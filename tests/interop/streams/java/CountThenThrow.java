import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

/** Counts each event and tells the count, and only then throws at those that say so. */
final class CountThenThrow implements Processor<String, String, String, String> {
    private ProcessorContext<String, String> context;
    private KeyValueStore<String, Long> counts;

    static Topology topology() {
        return new Topology()
            .addSource("events", "events")
            .addProcessor("count", CountThenThrow::new, "events")
            .addStateStore(Stores.keyValueStoreBuilder(Stores.inMemoryKeyValueStore("counts"), Serdes.String(), Serdes.Long()), "count")
            .addSink("told", "counts", "count");
    }

    @Override
    public void init(ProcessorContext<String, String> context) {
        this.context = context;
        counts = context.getStateStore("counts");
    }

    @Override
    public void process(Record<String, String> record) {
        Long before = counts.get("all");
        long count = before == null ? 1 : before + 1;
        counts.put("all", count);
        context.forward(record.withValue(Long.toString(count)));
        if (record.value().equals("throw")) throw new IllegalStateException("thrown");
    }
}
