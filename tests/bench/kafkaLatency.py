"""End to end through one topic: a producer at a steady rate and an assigned consumer, in one process and by one clock. Prints p50 and p99, ms."""
import sys
import threading
import time

from confluent_kafka import Consumer, Producer, TopicPartition

address, topic, rate, warm_up_s, measured_s = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:6])
count = rate * (warm_up_s + measured_s)
took = []


def read(consumer):
    while len(took) < count:
        message = consumer.poll(60)
        if message is None or message.error():
            sys.exit(f'nothing more came: {message and message.error()}')
        took.append(time.perf_counter_ns() - int(message.value()[:20]))


# Nothing is kept back to fill a batch, on either side: what is measured is the way.
producer = Producer({'bootstrap.servers': address, 'acks': 'all', 'linger.ms': 0})
producer.produce(topic, value=b'so that the topic is there')
producer.flush(60)
consumer = Consumer({'bootstrap.servers': address, 'group.id': 'none', 'enable.auto.commit': False})
consumer.assign([TopicPartition(topic, 0, 1)])
reader = threading.Thread(target=read, args=[consumer])
reader.start()
filling = b'x' * 1004
began = time.perf_counter()
for number in range(count):
    wait = began + number / rate - time.perf_counter()
    if wait > 0:
        time.sleep(wait)
    producer.produce(topic, value=b'%020d' % time.perf_counter_ns() + filling)
    producer.poll(0)
producer.flush(60)
reader.join(60)
consumer.close()
measured = sorted(took[rate * warm_up_s:])
print(*(measured[int(len(measured) * share)] / 1e6 for share in (0.5, 0.99)))
