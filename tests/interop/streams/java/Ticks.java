import java.time.Duration;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;

/** Tells each event, and each punctuation of stream time, as it comes to it. */
final class Ticks implements Processor<String, String, String, String> {
    private ProcessorContext<String, String> context;

    static Topology topology() {
        return new Topology()
            .addSource("events", "events", "others")
            .addProcessor("ticks", Ticks::new, "events")
            .addSink("told", "ticks", "ticks");
    }

    @Override
    public void init(ProcessorContext<String, String> context) {
        this.context = context;
        context.schedule(Duration.ofSeconds(10), PunctuationType.STREAM_TIME, (timeMs) -> {
            context.forward(new Record<>(null, "punctuation", timeMs));
        });
    }

    @Override
    public void process(Record<String, String> record) {
        context.forward(record);
    }
}
