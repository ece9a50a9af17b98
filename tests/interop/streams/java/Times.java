import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;

/** Times in the values of events. */
final class Times {
    private Times() {}

    /** When it happened, as its value says, milliseconds. */
    static long of(JsonNode event) {
        JsonNode told = event.path("timestamp");
        if (!told.isTextual()) throw new IllegalArgumentException("The event does not say when it was.");
        try {
            return OffsetDateTime.parse(told.asText()).toInstant().toEpochMilli();
        } catch (DateTimeException error) {
            throw new IllegalArgumentException("This is no time: " + told, error);
        }
    }

    static String abandonedCart(JsonNode shopper, JsonNode items, long timeMs) {
        ObjectNode event = Json.object().put("event", "SHOPPER_ABANDONED_CART");
        event.set("shopper", shopper);
        event.set("items", items);
        return event.put("timestamp", RecordedEvent.TIME.format(Instant.ofEpochMilli(timeMs))).toString();
    }
}
