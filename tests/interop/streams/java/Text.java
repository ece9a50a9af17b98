import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serdes.WrapperSerde;
import org.apache.kafka.common.serialization.StringSerializer;

/** Text in UTF-8. Kafka's own deserializer puts a question mark where bytes are none; this one refuses them. */
public final class Text extends WrapperSerde<String> {
    public Text() {
        super(new StringSerializer(), new Strict());
    }

    private static final class Strict implements Deserializer<String> {
        @Override
        public String deserialize(String topic, byte[] bytes) {
            if (bytes == null) return null;
            try {
                return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
            } catch (CharacterCodingException error) {
                throw new SerializationException("These bytes are no text in UTF-8.", error);
            }
        }
    }
}
