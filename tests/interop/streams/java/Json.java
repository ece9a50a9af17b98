import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** Events as JSON. What is not as it should be throws, and so makes its event bad. */
final class Json {
    private static final ObjectMapper MAPPER = new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private Json() {}

    /** Throws for what is no JSON; nothing at all is none. */
    static JsonNode read(String text) {
        try {
            JsonNode read = MAPPER.readTree(text);
            if (read.isMissingNode()) throw new IllegalArgumentException("The value is empty.");
            return read;
        } catch (JsonProcessingException error) {
            throw new IllegalArgumentException("The value is no JSON: " + error.getMessage(), error);
        }
    }

    /** An event, which has a value and is no null. */
    static JsonNode event(String text) {
        if (text == null) throw new IllegalArgumentException("The event has no value.");
        JsonNode event = read(text);
        if (event.isNull()) throw new IllegalArgumentException("The event is null.");
        return event;
    }

    /** The shopper of an event, who has an id. */
    static JsonNode shopper(JsonNode event) {
        JsonNode shopper = event.path("shopper");
        if (!shopper.path("id").isTextual()) throw new IllegalArgumentException("The event has no shopper with an id.");
        return shopper;
    }

    static ObjectNode object() {
        return NODES.objectNode();
    }

    static ArrayNode array() {
        return NODES.arrayNode();
    }

    static JsonNode text(String text) {
        return NODES.textNode(text);
    }

    static JsonNode nothing() {
        return NODES.nullNode();
    }
}
