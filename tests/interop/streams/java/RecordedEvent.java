import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;

/** A record as a line of JSON, as the lab's documentation has it. `timestampMs` -1 is none. */
record RecordedEvent(String stream, int shard, long timestampMs, byte[] key, byte[] value, Headers headers) {
    static final long NO_TIMESTAMP = -1;
    static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);

    static RecordedEvent read(String line) {
        JsonNode record = Json.read(line);
        JsonNode timestamp = record.get("timestamp");
        Headers headers = new RecordHeaders();
        for (JsonNode header : record.get("headers")) headers.add(header.get(0).asText(), bytes(header.get(1)));
        return new RecordedEvent(
            record.get("stream").asText(),
            record.get("shard").asInt(),
            timestamp.isNull() ? NO_TIMESTAMP : Instant.parse(timestamp.asText()).toEpochMilli(),
            bytes(record.get("key")),
            bytes(record.get("value")),
            headers);
    }

    ObjectNode toJson(long offset) {
        ArrayNode told = Json.array();
        for (Header header : headers) told.addArray().add(header.key()).add(json(header.value()));
        ObjectNode record = Json.object().put("stream", stream).put("shard", shard).put("offset", Long.toString(offset));
        record.put("timestamp", timestampMs == NO_TIMESTAMP ? null : TIME.format(Instant.ofEpochMilli(timestampMs)));
        record.set("key", json(key));
        record.set("value", json(value));
        record.set("headers", told);
        return record;
    }

    private static byte[] bytes(JsonNode told) {
        if (told.isNull()) return null;
        if (told.isTextual()) return told.asText().getBytes(StandardCharsets.UTF_8);
        return Base64.getDecoder().decode(told.get("base64").asText());
    }

    private static JsonNode json(byte[] bytes) {
        if (bytes == null) return Json.nothing();
        try {
            // A decoder of its own, unlike String's, says what is no UTF-8.
            return Json.text(StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString());
        } catch (CharacterCodingException noText) {
            return Json.object().put("base64", Base64.getEncoder().encodeToString(bytes));
        }
    }
}
