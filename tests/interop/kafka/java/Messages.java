import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.List;
import org.apache.kafka.common.message.ApiMessageType;
import org.apache.kafka.common.message.RequestHeaderData;
import org.apache.kafka.common.message.ResponseHeaderData;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.ObjectSerializationCache;

/**
 * Messages of the protocol, as Kafka's own code writes them: of each line "direction, api key, version, JSON" (tabs between) the bytes behind the
 * length, in hex. The correlation id is 7, the client id "a client".
 */
final class Messages {
    private static final ObjectMapper JSON = new ObjectMapper();

    private Messages() {}

    static void write(List<String> lines, PrintStream out) throws Exception {
        for (String line : lines) {
            String[] parts = line.split("\t", 4);
            ApiMessageType api = ApiMessageType.fromApiKey(Short.parseShort(parts[1]));
            short version = Short.parseShort(parts[2]);
            boolean isRequest = parts[0].equals("request");
            ApiMessage body = body(isRequest ? api.newRequest() : api.newResponse(), JSON.readTree(parts[3]), version);
            byte[] bytes = isRequest
                ? bytes(
                    new RequestHeaderData().setRequestApiKey(api.apiKey()).setRequestApiVersion(version).setCorrelationId(7).setClientId("a client"),
                    api.requestHeaderVersion(version),
                    body,
                    version)
                : bytes(new ResponseHeaderData().setCorrelationId(7), api.responseHeaderVersion(version), body, version);
            out.print(HexFormat.of().formatHex(bytes) + "\n");
        }
    }

    private static ApiMessage body(ApiMessage empty, JsonNode json, short version) throws Exception {
        Class<?> converter = Class.forName(empty.getClass().getName() + "JsonConverter");
        try {
            return (ApiMessage) converter.getMethod("read", JsonNode.class, short.class).invoke(null, json, version);
        } catch (InvocationTargetException failure) {
            throw new IllegalArgumentException(converter.getSimpleName() + " " + version + ": " + failure.getCause().getMessage(), failure);
        }
    }

    private static byte[] bytes(Message header, short headerVersion, Message body, short version) {
        ObjectSerializationCache cache = new ObjectSerializationCache();
        int size = header.size(cache, headerVersion);
        size += body.size(cache, version);
        ByteBuffer buffer = ByteBuffer.allocate(size);
        ByteBufferAccessor output = new ByteBufferAccessor(buffer);
        header.write(output, cache, headerVersion);
        body.write(output, cache, version);
        return buffer.array();
    }
}
