import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

/** Keeps the keys of all events; one without a key has them told in the order of the store. */
final class KeysInOrder implements Processor<String, String, String, String> {
    private ProcessorContext<String, String> context;
    private KeyValueStore<String, String> keys;

    static Topology topology() {
        return new Topology()
            .addSource("events", "events")
            .addProcessor("keys", KeysInOrder::new, "events")
            .addStateStore(Stores.keyValueStoreBuilder(Stores.inMemoryKeyValueStore("kept"), Serdes.String(), Serdes.String()), "keys")
            .addSink("told", "keys", "keys");
    }

    @Override
    public void init(ProcessorContext<String, String> context) {
        this.context = context;
        keys = context.getStateStore("kept");
    }

    @Override
    public void process(Record<String, String> record) {
        if (record.key() != null) {
            keys.put(record.key(), "");
            return;
        }
        try (KeyValueIterator<String, String> all = keys.all()) {
            while (all.hasNext()) {
                KeyValue<String, String> entry = all.next();
                context.forward(record.withKey(entry.key));
            }
        }
    }
}
