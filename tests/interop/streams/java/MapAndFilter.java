import com.fasterxml.jackson.databind.JsonNode;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.Topology;

/** Of what shoppers put into carts, the first item under its product. */
final class MapAndFilter {
    private MapAndFilter() {}

    static Topology topology() {
        StreamsBuilder builder = new StreamsBuilder();
        builder.<String, String>stream("raw-events")
            .mapValues(Json::event)
            .filter((key, event) -> event.path("event").asText().equals("SHOPPER_ADDED_ITEM"))
            .map((key, event) -> {
                JsonNode item = event.path("items").path(0);
                if (!item.path("product").path("sku").isTextual()) throw new IllegalArgumentException("The event has no item with a product.");
                JsonNode added = Json.object()
                    .put("shopper", Json.shopper(event).get("id").asText())
                    .set("quantity", item.path("quantity").isNumber() ? item.get("quantity") : Json.nothing());
                return KeyValue.pair(item.get("product").get("sku").asText(), added.toString());
            })
            .to("added");
        return builder.build();
    }
}
