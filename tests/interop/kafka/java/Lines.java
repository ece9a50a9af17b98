import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.record.internal.Record;

/** The lines that ../lines.ts describes. */
final class Lines {
    private Lines() {}

    static String ofRecord(Record record) {
        StringBuilder line = new StringBuilder("record\t")
            .append(record.offset()).append('\t')
            .append(record.timestamp()).append('\t')
            .append(base64(record.key())).append('\t')
            .append(base64(record.value()));
        for (Header header : record.headers()) {
            line.append('\t').append(base64(header.key().getBytes(StandardCharsets.UTF_8)));
            line.append('\t').append(base64(header.value()));
        }
        return line.toString();
    }

    /** What stands after "batch" in a line, by name. */
    static Map<String, String> fields(String[] parts) {
        Map<String, String> fields = new HashMap<>();
        for (int at = 1; at < parts.length; at++) {
            String[] pair = parts[at].split("=", 2);
            fields.put(pair[0], pair[1]);
        }
        return fields;
    }

    static Header[] headers(String[] parts, int from) {
        Header[] headers = new Header[(parts.length - from) / 2];
        for (int index = 0; index < headers.length; index++) {
            String name = new String(bytes(parts[from + 2 * index]), StandardCharsets.UTF_8);
            headers[index] = new RecordHeader(name, bytes(parts[from + 2 * index + 1]));
        }
        return headers;
    }

    static byte[] bytes(String base64) {
        return base64.equals("-") ? null : Base64.getDecoder().decode(base64);
    }

    static String base64(ByteBuffer bytes) {
        if (bytes == null) return "-";
        byte[] copy = new byte[bytes.remaining()];
        bytes.duplicate().get(copy);
        return base64(copy);
    }

    static String base64(byte[] bytes) {
        return bytes == null ? "-" : Base64.getEncoder().encodeToString(bytes);
    }
}
