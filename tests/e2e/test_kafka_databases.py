"""Databases over a real Kafka: one server writes a topic, another reads it, and everything is killed now and then."""
import os
import random
import time

import pytest
import requests
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition

from support.kafka_broker import KafkaBroker
from support.load import Memory, Writer, assert_kept
from support.server import Server, wait_until

CYCLES = int(os.environ.get("MAGNETITE_KAFKA_CYCLES", "3"))
LOAD_SECONDS = float(os.environ.get("MAGNETITE_KAFKA_LOAD_SECONDS", "2"))
SEQUENCERS = 8
WRITERS = 3


@pytest.fixture(scope="module")
def broker(tmp_path_factory):
    with KafkaBroker(tmp_path_factory.mktemp("kafka")) as running:
        yield running


def messages(broker, topic):
    """Every message of the topic, as any Kafka client sees it, by partition."""
    consumer = KafkaConsumer(bootstrap_servers=broker.address, enable_auto_commit=False, consumer_timeout_ms=60_000)
    partitions = [TopicPartition(topic, each) for each in sorted(consumer.partitions_for_topic(topic))]
    ends = consumer.end_offsets(partitions)
    consumer.assign(partitions)
    consumer.seek_to_beginning(*partitions)
    found = {each.partition: [] for each in partitions}
    while any(consumer.position(each) < ends[each] for each in partitions):
        for batch in consumer.poll(timeout_ms=1000).values():
            for message in batch:
                found[message.partition].append(message)
    consumer.close()
    return found


def applied(server, database):
    """Entries applied by partition since this server's start, whether at replay or after."""
    return {each["id"]: each for each in server.status(database)["sequencers"]}


def caught_up(server, database, ends):
    lanes = applied(server, database)
    return all(lanes.get(partition, {}).get("applied_through") == end - 1 for partition, end in ends.items() if end > 0)


def test_one_server_writes_and_another_reads_while_all_are_killed(broker, tmp_path):
    seed = random.randrange(1 << 30)
    rng = random.Random(seed)
    print(f"seed {seed}")
    with Server(tmp_path / "w", server_id=1) as writing, Server(tmp_path / "r", server_id=2) as reading:
        writing.create_database("feed", "--immutable", "--write-buffer-writing",
               f"kafka://{broker.address}/feed?n_sequencers={SEQUENCERS}")
        reading.create_database("feed", "--write-buffer-reading", f"kafka://{broker.address}/feed")
        memories = [Memory(number) for number in range(WRITERS)]
        victims = ["writing", "reading", "broker"] * CYCLES
        for cycle in range(CYCLES):
            if cycle % 3 == 0:
                victims[cycle:cycle + 3] = rng.sample(victims[cycle:cycle + 3], 3)
            writers = [Writer(writing, "feed", memory) for memory in memories]
            for each in writers:
                each.start()
            time.sleep(rng.uniform(0.2, 1.0) * LOAD_SECONDS)
            victim = victims[cycle]
            print(f"cycle {cycle}: {victim} is killed")
            if victim == "broker":
                broker.kill9()
                time.sleep(rng.uniform(0, 1))
                broker.start()
                time.sleep(0.5 * LOAD_SECONDS)
            else:
                server = writing if victim == "writing" else reading
                server.kill9()
                server.start()
            for each in writers:
                each.stop()
        assert any(memory.acknowledged for memory in memories)

        log = messages(broker, "feed")
        ends = {partition: (found[-1].offset + 1 if found else 0) for partition, found in log.items()}
        wait_until("the reader has applied the whole topic", lambda: caught_up(reading, "feed", ends))
        assert_kept(reading, "feed", memories)

        # Before any de-duplication: as many rows as the log has lines, so no entry was applied twice or passed over.
        lines = sum(message.value.rstrip(b"\n").count(b"\n") + 1 for found in log.values() for message in found)
        entries = {partition: len(found) for partition, found in log.items()}
        print(f"entries in the log {entries}, lines {lines}, rows in chunks {reading.status('feed')['rows']}")
        assert reading.status("feed")["rows"] == lines
        reading.kill9()
        reading.start()
        wait_until("it is ready", lambda: reading.status("feed")["state"] == "initialized")
        assert reading.status("feed")["replayed_records"] == sum(entries.values())
        assert reading.status("feed")["rows"] == lines
        assert_kept(reading, "feed", memories)

        # A partition key is in one partition of the topic only, and the headers tell people what they see.
        for found in log.values():
            for message in found:
                headers = dict(message.headers)
                assert headers["content-type"].startswith(b"text/vnd.influx.lineprotocol")
                assert headers["database"] == b"feed"


def test_a_topic_that_others_fill_is_read_as_it_is(broker, tmp_path):
    with Server(tmp_path, server_id=3) as reading:
        reading.create_database("plain", "--write-buffer-reading", f"kafka://{broker.address}/plain?n_sequencers=2")
        producer = KafkaProducer(bootstrap_servers=broker.address)
        producer.send("plain", b"cpu,host=a usage=1.5 1000\ncpu,host=b usage=2.5 2000", partition=0)
        producer.send("plain", None, key=b"a tombstone", partition=0)
        producer.send("plain", b"\x00\xff not line protocol", partition=1)
        producer.send("plain", b"cpu,host=c usage=3.5 3", partition=1, headers=[
            ("content-type", b"text/vnd.influx.lineprotocol; precision=s")])
        producer.flush(60)
        wait_until("three rows", lambda: reading.status("plain")["rows"] == 3, lambda: f"{reading.status('plain')}\n{reading.log()}")
        rows = reading.rows("plain", "SELECT host, usage, epoch_ns(time) AS t FROM cpu ORDER BY host")
        assert rows == [{"host": "a", "usage": 1.5, "t": 1000}, {"host": "b", "usage": 2.5, "t": 2000},
                        {"host": "c", "usage": 3.5, "t": 3_000_000_000}]
        failed = {each["id"]: each["records_failed"] for each in reading.status("plain")["sequencers"]}
        assert failed == {0: 1, 1: 1}
        lag = reading.rows("plain", "SELECT sequencer_id, records_failed FROM system.sequencers ORDER BY 1")
        assert lag == [{"sequencer_id": 0, "records_failed": 1}, {"sequencer_id": 1, "records_failed": 1}]
        metrics = requests.get(reading.http + "/metrics", timeout=30).text
        assert 'write_buffer_ingest_requests_total{db_name="plain",sequencer_id="0",status="client_error"} 1' in metrics


def test_writes_go_one_way(broker, tmp_path):
    with Server(tmp_path, server_id=4) as server:
        refused = server.create_database("both", "--write-buffer-reading", f"kafka://{broker.address}/nowhere", ok=False)
        assert "nowhere" in refused and "n_sequencers" in refused
        refused = server.create_database("both", "--write-buffer-writing", "kafka:/x", ok=False)
        assert "rules.writing" in refused
        server.create_database("reads", "--write-buffer-reading", f"kafka://{broker.address}/reads?n_sequencers=1")
        answer = server.write("reads", "m x=1 1")
        assert answer.status_code == 409 and "only reads from its write buffer" in answer.text


def test_a_writing_database_recovers_what_it_had_not_persisted(broker, tmp_path):
    with Server(tmp_path, server_id=5) as server:
        server.create_database("kept", "--write-buffer-writing", f"kafka://{broker.address}/kept?n_sequencers=2")
        big = "\n".join(f"m,t=t{i % 7} x={i}i,s=\"{'y' * 400}\" {i}" for i in range(10_000))  # above a message's limit
        server.write_ok("kept", big)
        assert server.rows("kept", "SELECT count(*) AS n FROM m") == [{"n": 10_000}]
        server.kill9()
        server.start()
        assert server.rows("kept", "SELECT count(*) AS n, sum(x) AS s FROM m") == [{"n": 10_000, "s": 49_995_000}]
        broker.kill9()
        try:
            answer = server.write("kept", "m x=1i 1")
            assert answer.status_code == 503, answer.text
            assert server.rows("kept", "SELECT count(*) AS n FROM m") == [{"n": 10_000}]
        finally:
            broker.start()
        wait_until("writes go on", lambda: server.write("kept", "m,t=after x=1i 1").status_code == 204)


def test_a_topic_that_was_made_again_is_refused_until_it_is_accepted(broker, tmp_path):
    with Server(tmp_path, server_id=6) as server:
        server.create_database("again", "--write-buffer-writing", f"kafka://{broker.address}/again?n_sequencers=1")
        server.write_ok("again", "m x=1i 1")
        server.stop()
        admin = KafkaAdminClient(bootstrap_servers=broker.address)
        admin.delete_topics(["again"])
        wait_until("the topic is gone", lambda: "again" not in admin.list_topics())
        server.start()
        wait_until("it says what is wrong", lambda: "--accept-log-loss" in server.status("again")["error"])
        assert server.write("again", "m x=2i 2").status_code in (409, 503)
        server.stop()
        server.options.append("--accept-log-loss")
        server.start()
        server.write_ok("again", "m x=2i 2")
        assert server.rows("again", "SELECT x FROM m ORDER BY x") == [{"x": 2}], "what was not persisted is gone with it"
