import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

/**
 * Carts that are abandoned by the clock on the wall: every 30 seconds those are told, and forgotten, into which nothing was put for 30 minutes. An order
 * empties a cart.
 */
final class CartsByTheClock implements Processor<String, String, String, String> {
    private static final Duration EVERY = Duration.ofSeconds(30);
    private static final long ABANDONED_AFTER_MS = Duration.ofMinutes(30).toMillis();

    private ProcessorContext<String, String> context;
    private KeyValueStore<String, String> carts;

    static Topology topology() {
        return new Topology()
            .addSource("events", "raw-events")
            .addProcessor("carts by the clock", CartsByTheClock::new, "events")
            .addStateStore(
                Stores.keyValueStoreBuilder(Stores.inMemoryKeyValueStore("carts"), Serdes.String(), Serdes.String()), "carts by the clock")
            .addSink("abandoned", "derived-events", "carts by the clock");
    }

    @Override
    public void init(ProcessorContext<String, String> context) {
        this.context = context;
        carts = context.getStateStore("carts");
        context.schedule(Instant.EPOCH, EVERY, PunctuationType.WALL_CLOCK_TIME, this::tellAbandoned);
    }

    @Override
    public void process(Record<String, String> record) {
        JsonNode event = Json.event(record.value());
        switch (event.path("event").asText()) {
            case "SHOPPER_ADDED_ITEM" -> put(Json.shopper(event), Times.of(event), event.path("items"));
            case "SHOPPER_PLACED_ORDER" -> carts.delete(Json.shopper(event).get("id").asText());
            default -> { }
        }
    }

    private void put(JsonNode shopper, long atMs, JsonNode items) {
        String id = shopper.get("id").asText();
        String before = carts.get(id);
        ArrayNode all = before == null ? Json.array() : (ArrayNode) Json.read(before).get("items");
        items.forEach(all::add);
        ObjectNode cart = Json.object().put("at", atMs);
        cart.set("shopper", shopper);
        cart.set("items", all);
        carts.put(id, cart.toString());
    }

    private void tellAbandoned(long nowMs) {
        List<KeyValue<String, JsonNode>> abandoned = new ArrayList<>();
        try (KeyValueIterator<String, String> all = carts.all()) {
            while (all.hasNext()) {
                KeyValue<String, String> entry = all.next();
                JsonNode cart = Json.read(entry.value);
                if (nowMs - cart.get("at").asLong() >= ABANDONED_AFTER_MS) abandoned.add(KeyValue.pair(entry.key, cart));
            }
        }
        for (KeyValue<String, JsonNode> cart : abandoned) {
            context.forward(new Record<>(cart.key, Times.abandonedCart(cart.value.get("shopper"), cart.value.get("items"), nowMs), nowMs));
            carts.delete(cart.key);
        }
    }
}
