"""confluent-kafka against a lab: produce, read, and what its admin client asks for. Prints what it got."""
import json
import sys
import time

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewPartitions, NewTopic, OffsetSpec, ResourceType

SECONDS = 30
command, address, topic = sys.argv[1:4]
base = {'bootstrap.servers': address}


def produce(codec):
    failed = []
    producer = Producer({**base, 'enable.idempotence': True, 'compression.type': codec, 'linger.ms': 5})
    for line in sys.stdin:
        producer.produce(topic, value=line.rstrip('\n'), on_delivery=lambda error, _: error and failed.append(str(error)))
        producer.poll(0)
    if producer.flush(SECONDS) > 0 or failed:
        sys.exit(f'not delivered: {failed[:3]}')


def read(count):
    consumer = Consumer({**base, 'group.id': 'none', 'enable.auto.commit': False})
    partitions = consumer.list_topics(topic, timeout=SECONDS).topics[topic].partitions
    consumer.assign([TopicPartition(topic, partition, 0) for partition in partitions])
    got, until = 0, time.time() + SECONDS
    while got < count and time.time() < until:
        for message in consumer.consume(1000, 0.5):
            if message.error():
                sys.exit(str(message.error()))
            print(message.value().decode())
            got += 1
    consumer.close()


def admin():
    client = AdminClient(base)
    client.create_topics([NewTopic(topic, 3, 1, config={'retention.ms': '700000'})])[topic].result()
    client.create_partitions([NewPartitions(topic, 4)])[topic].result()
    setting = ConfigEntry('compression.type', 'lz4', incremental_operation=AlterConfigOpType.SET)
    resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=[setting])
    for done in client.incremental_alter_configs([resource]).values():
        done.result()
    (described,) = client.describe_configs([ConfigResource(ResourceType.TOPIC, topic)]).values()
    configs = {name: entry.value for name, entry in described.result().items()}
    producer = Producer(base)
    for value in range(10):
        producer.produce(topic, value=str(value), partition=0, timestamp=1_000 + value)
    producer.flush(SECONDS)
    first = TopicPartition(topic, 0)
    offsets = [client.list_offsets({first: spec})[first].result().offset for spec in (OffsetSpec.earliest(), OffsetSpec.latest(), OffsetSpec.max_timestamp(), OffsetSpec.for_timestamp(1_005))]
    trimmed = client.delete_records([TopicPartition(topic, 0, 10)])
    low = [done.result().low_watermark for done in trimmed.values()]
    partitions = len(client.list_topics(topic, timeout=SECONDS).topics[topic].partitions)
    nodes = len(client.describe_cluster().result().nodes)
    client.delete_topics([topic])[topic].result()
    print(json.dumps({'partitions': partitions, 'configs': configs, 'offsets': offsets, 'low': low, 'nodes': nodes}))


if command == 'produce':
    produce(sys.argv[4])
elif command == 'read':
    read(int(sys.argv[4]))
else:
    admin()
