/**
 * How programs of others write to a stream and read it, as a Kafka client: code that runs as it is pasted. A reader names the shards it reads,
 * since then it needs no consumer group. A writer finds the shard of a key as Kafka's own does (murmur2), also where its library would do it
 * in its own way: one key is in one shard, whoever writes it.
 */

export interface Snippet {
  id: string;
  client: string;
  /** What is to be installed first, a command or a sentence. */
  needs: string;
  /** Of the code, as files are named, for who saves it; null for the shell. */
  file: { write: string; read: string } | null;
  write: string;
  read: string;
}

export interface Target {
  /** host:port of each broker that is up. */
  servers: readonly string[];
  stream: string;
  shards: number;
}

export function snippets({ servers, stream, shards }: Target): Snippet[] {
  const to = { server: servers.join(','), stream, shards };
  return [kcat(to), consoleTools(to), python(to), node(to), java(to), go(to)];
}

interface To {
  /** As clients take them: with commas. */
  server: string;
  stream: string;
  shards: number;
}

const all = (shards: number): string => (shards === 1 ? 'shard 0' : `shards 0 to ${shards - 1}`);

function kcat({ server, stream }: To): Snippet {
  return {
    id: 'kcat',
    client: 'kcat',
    needs: 'apt install kcat, or brew install kcat',
    file: null,
    write: `echo '789:{"event":"SHOPPER_VIEWED_PRODUCT"}' | kcat -P -b ${server} -t ${stream} -K: \\
  -X client.id=my-kcat -X partitioner=murmur2_random`,
    read: `kcat -C -b ${server} -t ${stream} -o beginning -e -f '%p %o %k %s\\n' -X client.id=my-kcat`,
  };
}

function consoleTools({ server, stream, shards }: To): Snippet {
  return {
    id: 'console',
    client: 'Console tools',
    needs: 'In the folder of a Kafka distribution, 4.0 or later',
    file: null,
    write: `echo '789:{"event":"SHOPPER_VIEWED_PRODUCT"}' | bin/kafka-console-producer.sh --bootstrap-server ${server} --topic ${stream} \\
  --reader-property parse.key=true --reader-property key.separator=:`,
    read: `for shard in $(seq 0 ${shards - 1}); do
  bin/kafka-console-consumer.sh --bootstrap-server ${server} --topic ${stream} --partition $shard --offset earliest \\
    --formatter-property print.key=true --timeout-ms 5000
done`,
  };
}

function python({ server, stream, shards }: To): Snippet {
  return {
    id: 'python',
    client: 'Python',
    needs: 'pip install confluent-kafka',
    file: { write: 'produce.py', read: 'consume.py' },
    write: `import json
from confluent_kafka import Producer

producer = Producer({'bootstrap.servers': '${server}', 'client.id': 'my-python', 'partitioner': 'murmur2_random'})
producer.produce('${stream}', key='789', value=json.dumps({'event': 'SHOPPER_VIEWED_PRODUCT'}))
producer.flush()
`,
    read: `from confluent_kafka import Consumer, TopicPartition, OFFSET_BEGINNING

# group.id must be there; nothing is committed for it.
settings = {'bootstrap.servers': '${server}', 'client.id': 'my-python'}
consumer = Consumer({**settings, 'group.id': 'none', 'enable.auto.commit': False})
consumer.assign([TopicPartition('${stream}', shard, OFFSET_BEGINNING) for shard in range(${shards})])
while (message := consumer.poll(5)) is not None:
    if message.error():
        raise SystemExit(message.error())
    print(message.partition(), message.offset(), message.key(), message.value())
consumer.close()
`,
  };
}

function node({ server, stream }: To): Snippet {
  const servers = server.split(',').map((one) => `'${one}'`);
  return {
    id: 'node',
    client: 'Node',
    needs: 'npm install kafkajs',
    file: { write: 'produce.mjs', read: 'offsets.mjs' },
    write: `import { Kafka, Partitioners } from 'kafkajs';

const kafka = new Kafka({ clientId: 'my-node', brokers: [${servers.join(', ')}] });
const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
await producer.connect();
await producer.send({
  topic: '${stream}',
  messages: [{ key: '789', value: JSON.stringify({ event: 'SHOPPER_VIEWED_PRODUCT' }) }],
});
await producer.disconnect();
`,
    read: `import { Kafka } from 'kafkajs';

// kafkajs reads in consumer groups only; this tells how far each shard is.
const kafka = new Kafka({ clientId: 'my-node', brokers: [${servers.join(', ')}] });
const admin = kafka.admin();
await admin.connect();
console.table(await admin.fetchTopicOffsets('${stream}'));
await admin.disconnect();
`,
  };
}

function java({ server, stream, shards }: To): Snippet {
  return {
    id: 'java',
    client: 'Java',
    needs: 'kafka-clients 4.x and slf4j-api in a folder lib; then java -cp "lib/*" with the file’s name',
    file: { write: 'Produce.java', read: 'Consume.java' },
    write: `import java.util.Map;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.serialization.StringSerializer;

public class Produce {
  public static void main(String[] args) throws Exception {
    Map<String, Object> settings = Map.of("bootstrap.servers", "${server}", "client.id", "my-java");
    try (var producer = new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer())) {
      var event = new ProducerRecord<>("${stream}", "789", "{\\"event\\":\\"SHOPPER_VIEWED_PRODUCT\\"}");
      System.out.println(producer.send(event).get());
    }
  }
}
`,
    read: `import java.time.Duration;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;

public class Consume {
  public static void main(String[] args) {
    Map<String, Object> settings = Map.of("bootstrap.servers", "${server}", "client.id", "my-java", "enable.auto.commit", false);
    try (var consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
      var shards = IntStream.range(0, ${shards}).mapToObj(shard -> new TopicPartition("${stream}", shard)).toList();
      consumer.assign(shards);
      consumer.seekToBeginning(shards);
      for (var events = consumer.poll(Duration.ofSeconds(5)); !events.isEmpty(); events = consumer.poll(Duration.ofSeconds(5))) {
        events.forEach(event -> System.out.printf("%d %d %s %s%n", event.partition(), event.offset(), event.key(), event.value()));
      }
    }
  }
}
`,
  };
}

function go({ server, stream, shards }: To): Snippet {
  const servers = server.split(',').map((one) => `"${one}"`);
  return {
    id: 'go',
    client: 'Go',
    needs: 'go mod init my-program && go get github.com/twmb/franz-go/pkg/kgo; then go run with the file’s name',
    file: { write: 'produce.go', read: 'consume.go' },
    write: `package main

import (
	"context"
	"fmt"

	"github.com/twmb/franz-go/pkg/kgo"
)

func main() {
	client, err := kgo.NewClient(kgo.ClientID("my-go"), kgo.SeedBrokers(${servers.join(', ')}))
	if err != nil {
		panic(err)
	}
	defer client.Close()
	event := &kgo.Record{Topic: "${stream}", Key: []byte("789"), Value: []byte(\`{"event":"SHOPPER_VIEWED_PRODUCT"}\`)}
	done, err := client.ProduceSync(context.Background(), event).First()
	if err != nil {
		panic(err)
	}
	fmt.Println(done.Partition, done.Offset)
}
`,
    read: `package main

import (
	"context"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

func main() {
	// ${all(shards)}, each from its beginning.
	shards := map[int32]kgo.Offset{}
	for shard := int32(0); shard < ${shards}; shard++ {
		shards[shard] = kgo.NewOffset().AtStart()
	}
	client, err := kgo.NewClient(
		kgo.ClientID("my-go"),
		kgo.SeedBrokers(${servers.join(', ')}),
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{"${stream}": shards}),
	)
	if err != nil {
		panic(err)
	}
	defer client.Close()
	for {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		events := client.PollFetches(ctx)
		cancel()
		if events.Empty() {
			return
		}
		events.EachRecord(func(event *kgo.Record) {
			fmt.Println(event.Partition, event.Offset, string(event.Key), string(event.Value))
		})
	}
}
`,
  };
}
