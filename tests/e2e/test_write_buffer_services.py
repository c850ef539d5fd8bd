"""Write buffers on real servers: the suite of all write buffers over them, and what happens when they are killed."""
import os
import subprocess

import pytest

from support import need, orders
from support.kafka_broker import KafkaBroker

SUITE_SECONDS_MAX = 900


@pytest.fixture(scope="module")
def kafka(tmp_path_factory):
    with KafkaBroker(tmp_path_factory.mktemp("kafka")) as running:
        yield running


def test_the_suite_of_all_write_buffers_over_kafka(kafka):
    ended = subprocess.run([need.built("write_buffer_kafka_broker_test"), "--gtest_filter=-*Restart*"],
                           timeout=SUITE_SECONDS_MAX, text=True, capture_output=True, check=False,
                           env={**os.environ, "MAGNETITE_TEST_KAFKA": kafka.address})
    assert ended.returncode == 0, ended.stdout[-6000:] + ended.stderr[-2000:]
    assert "SKIPPED" not in ended.stdout, ended.stdout[-4000:]


def test_writes_and_reads_outlive_a_restart_of_kafka(kafka):
    given = orders.follow([need.built("write_buffer_kafka_broker_test"), "--gtest_filter=*Restart*"],
                          {"MAGNETITE_TEST_KAFKA": kafka.address, "MAGNETITE_TEST_KAFKA_ORDERS": "1"},
                          {"kill": kafka.kill9, "start": kafka.start}, SUITE_SECONDS_MAX)
    assert given == ["kill", "start"]
