import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
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
 * Carts that are abandoned by event time. What a shopper did is kept, sorted by when it was, and cut into sessions where 30 minutes or more lie between
 * two events. A session is over at the first multiple of 10 seconds not before 30 minutes after its last event; once stream time has come there,
 * nothing joins it, and if items were added after its last order it is told. An event 30 minutes or more behind stream time is late, and passed over.
 *
 * Kafka Streams punctuates behind the event that has moved stream time. So that event must not join a session that is over by then: before it is
 * kept, the sessions of its shopper that are over are put aside, where the punctuator finds them, in order of when they were over and of shopper.
 */
final class CartsBySession implements Processor<String, String, String, String> {
    private static final long GAP_MS = Duration.ofMinutes(30).toMillis();
    private static final Duration EVERY = Duration.ofSeconds(10);

    private ProcessorContext<String, String> context;
    /** By shopper: a list of events, each with its time, sorted by it; of the same time in the order in which they came. */
    private KeyValueStore<String, String> deeds;
    /** By shopper: when the first session of those events is over, milliseconds. */
    private KeyValueStore<String, Long> due;
    /** By when it was over and by shopper: the last event's time, the shopper and the items of a cart. */
    private KeyValueStore<String, String> over;

    static Topology topology() {
        return new Topology()
            .addSource("events", "raw-events")
            .addProcessor("carts by session", CartsBySession::new, "events")
            .addStateStore(
                Stores.keyValueStoreBuilder(Stores.inMemoryKeyValueStore("deeds"), Serdes.String(), Serdes.String()), "carts by session")
            .addStateStore(
                Stores.keyValueStoreBuilder(Stores.inMemoryKeyValueStore("due"), Serdes.String(), Serdes.Long()), "carts by session")
            .addStateStore(
                Stores.keyValueStoreBuilder(Stores.inMemoryKeyValueStore("over"), Serdes.String(), Serdes.String()), "carts by session")
            .addSink("abandoned", "derived-events", "carts by session");
    }

    @Override
    public void init(ProcessorContext<String, String> context) {
        this.context = context;
        deeds = context.getStateStore("deeds");
        due = context.getStateStore("due");
        over = context.getStateStore("over");
        context.schedule(EVERY, PunctuationType.STREAM_TIME, this::tellOver);
    }

    @Override
    public void process(Record<String, String> record) {
        JsonNode event = Json.event(record.value());
        long atMs = Times.of(event);
        String shopper = Json.shopper(event).get("id").asText();
        if (atMs + GAP_MS <= context.currentStreamTimeMs()) return;
        putAside(shopper, context.currentStreamTimeMs());
        keep(shopper, atMs, event);
    }

    private void keep(String shopper, long atMs, JsonNode event) {
        ArrayNode known = deedsOf(shopper);
        int place = known.size();
        while (place > 0 && known.get(place - 1).get("at").asLong() > atMs) place--;
        known.insert(place, Json.object().put("at", atMs).set("event", event));
        deeds.put(shopper, known.toString());
        due.put(shopper, overMs(sessions(known).get(0)));
    }

    private ArrayNode deedsOf(String shopper) {
        String known = deeds.get(shopper);
        return known == null ? Json.array() : (ArrayNode) Json.read(known);
    }

    private void tellOver(long streamTimeMs) {
        List<String> shoppers = new ArrayList<>();
        try (KeyValueIterator<String, Long> all = due.all()) {
            while (all.hasNext()) shoppers.add(all.next().key);
        }
        for (String shopper : shoppers) putAside(shopper, streamTimeMs);
        List<KeyValue<String, String>> told = new ArrayList<>();
        try (KeyValueIterator<String, String> all = over.all()) {
            while (all.hasNext()) told.add(all.next());
        }
        for (KeyValue<String, String> entry : told) {
            JsonNode cart = Json.read(entry.value);
            long endMs = cart.get("last").asLong() + GAP_MS;
            JsonNode shopper = cart.get("shopper");
            context.forward(new Record<>(shopper.get("id").asText(), Times.abandonedCart(shopper, cart.get("items"), endMs), endMs));
            over.delete(entry.key);
        }
    }

    /** Takes the sessions that are over from the events of a shopper. */
    private void putAside(String shopper, long streamTimeMs) {
        Long firstMs = due.get(shopper);
        if (firstMs == null || firstMs > streamTimeMs) return;
        ArrayNode open = Json.array();
        for (List<JsonNode> session : sessions(deedsOf(shopper))) {
            long overMs = overMs(session);
            if (overMs <= streamTimeMs) putAside(shopper, overMs, session);
            else session.forEach(open::add);
        }
        deeds.put(shopper, open.isEmpty() ? null : open.toString());
        due.put(shopper, open.isEmpty() ? null : Long.valueOf(overMs(sessions(open).get(0))));
    }

    private void putAside(String shopper, long overMs, List<JsonNode> session) {
        ArrayNode items = Json.array();
        long emptiedMs = Long.MIN_VALUE;
        for (JsonNode deed : session) if (nameOf(deed).equals("SHOPPER_PLACED_ORDER")) emptiedMs = deed.get("at").asLong();
        for (JsonNode deed : session) {
            boolean isInCart = nameOf(deed).equals("SHOPPER_ADDED_ITEM") && deed.get("at").asLong() > emptiedMs;
            if (isInCart) deed.get("event").path("items").forEach(items::add);
        }
        if (items.isEmpty()) return;
        JsonNode last = session.get(session.size() - 1);
        ObjectNode cart = Json.object().put("last", last.get("at").asLong());
        cart.set("shopper", last.get("event").get("shopper"));
        cart.set("items", items);
        over.put(String.format("%016d %s", overMs, shopper), cart.toString());
    }

    private static String nameOf(JsonNode deed) {
        return deed.get("event").path("event").asText();
    }

    private static long overMs(List<JsonNode> session) {
        long endMs = session.get(session.size() - 1).get("at").asLong() + GAP_MS;
        long everyMs = EVERY.toMillis();
        return -Math.floorDiv(-endMs, everyMs) * everyMs;
    }

    private static List<List<JsonNode>> sessions(ArrayNode deeds) {
        List<List<JsonNode>> sessions = new ArrayList<>();
        long lastMs = 0;
        for (JsonNode deed : deeds) {
            long atMs = deed.get("at").asLong();
            if (sessions.isEmpty() || atMs - lastMs >= GAP_MS) sessions.add(new ArrayList<>());
            sessions.get(sessions.size() - 1).add(deed);
            lastMs = atMs;
        }
        return sessions;
    }
}
