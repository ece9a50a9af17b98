// franz-go against a lab: "produce ADDRESS TOPIC CODEC" takes lines from stdin, "read ADDRESS TOPIC COUNT" prints so many values from the start of
// all partitions, "admin ADDRESS TOPIC PARTITIONS" makes a topic and prints what it is.
package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

var codecs = map[string]kgo.CompressionCodec{
	"none":   kgo.NoCompression(),
	"gzip":   kgo.GzipCompression(),
	"snappy": kgo.SnappyCompression(),
	"lz4":    kgo.Lz4Compression(),
	"zstd":   kgo.ZstdCompression(),
}

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	command, address, topic, last := os.Args[1], os.Args[2], os.Args[3], os.Args[4]
	switch command {
	case "produce":
		produce(ctx, client(kgo.SeedBrokers(address), kgo.ProducerBatchCompression(codecs[last]), kgo.AllowAutoTopicCreation()), topic)
	case "read":
		read(ctx, address, topic, number(last))
	case "admin":
		admin := kadm.NewClient(client(kgo.SeedBrokers(address)))
		made, err := admin.CreateTopics(ctx, int32(number(last)), 1, nil, topic)
		must(err)
		must(made[topic].Err)
		details, err := admin.ListTopics(ctx, topic)
		must(err)
		fmt.Println(len(details[topic].Partitions), details[topic].ID == made[topic].ID)
	}
}

func produce(ctx context.Context, c *kgo.Client, topic string) {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		c.Produce(ctx, &kgo.Record{Topic: topic, Value: []byte(lines.Text())}, func(_ *kgo.Record, err error) { must(err) })
	}
	must(c.Flush(ctx))
}

func read(ctx context.Context, address, topic string, count int) {
	details, err := kadm.NewClient(client(kgo.SeedBrokers(address))).ListTopics(ctx, topic)
	must(err)
	from := map[int32]kgo.Offset{}
	for partition := range details[topic].Partitions {
		from[partition] = kgo.NewOffset().AtStart()
	}
	c := client(kgo.SeedBrokers(address), kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: from}))
	for got := 0; got < count; {
		fetched := c.PollFetches(ctx)
		for _, failed := range fetched.Errors() {
			must(failed.Err)
		}
		fetched.EachRecord(func(r *kgo.Record) { fmt.Println(string(r.Value)) })
		got += fetched.NumRecords()
	}
}

func client(options ...kgo.Opt) *kgo.Client {
	c, err := kgo.NewClient(options...)
	must(err)
	return c
}

func number(text string) int {
	value, err := strconv.Atoi(text)
	must(err)
	return value
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
