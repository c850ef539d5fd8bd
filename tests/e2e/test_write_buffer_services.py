"""Write buffers over services that others made: the suite of all logs, a service that dies, one that is set unsafely."""
import os
import subprocess

import pytest

from support import need, orders
from support.kafka_broker import KafkaBroker
from support.redis_server import RedisServer

SUITE_SECONDS_MAX = 900
SUITES = ("WriteBufferConformance", "WriteBufferCreation", "WriteBufferForeignRecords")


@pytest.fixture(scope="module")
def kafka(tmp_path_factory):
    with KafkaBroker(tmp_path_factory.mktemp("kafka")) as running:
        yield running


@pytest.fixture(scope="module")
def redis(tmp_path_factory):
    with RedisServer(tmp_path_factory.mktemp("redis")) as running:
        yield running


@pytest.fixture
def own_redis(tmp_path):
    """One to be killed."""
    with RedisServer(tmp_path / "redis") as running:
        yield running


def run_suite(program, pattern, environment):
    """Its output; every test that ran passed, none was skipped."""
    ended = subprocess.run([need.built(program), f"--gtest_filter={pattern}"], timeout=SUITE_SECONDS_MAX, text=True,
                           env={**os.environ, **environment}, capture_output=True, check=False)
    assert ended.returncode == 0, ended.stdout[-6000:] + ended.stderr[-2000:]
    assert "[       OK ]" in ended.stdout and "SKIPPED" not in ended.stdout, ended.stdout[-4000:]
    return ended.stdout


def test_the_suite_of_all_logs_over_kafka(kafka):
    output = run_suite("write_buffer_kafka_broker_test", "*-*Restart*", {"MAGNETITE_TEST_KAFKA": kafka.address})
    assert all(suite in output for suite in SUITES)


def test_writes_and_reads_outlive_a_restart_of_kafka(kafka):
    given = orders.follow([need.built("write_buffer_kafka_broker_test"), "--gtest_filter=*Restart*"],
                          {"MAGNETITE_TEST_KAFKA": kafka.address, "MAGNETITE_TEST_KAFKA_ORDERS": "1"},
                          {"kill": kafka.kill9, "start": kafka.start}, SUITE_SECONDS_MAX)
    assert given == ["kill", "start"]


def test_the_suite_of_all_logs_over_redis(redis):
    output = run_suite("write_buffer_redis_server_test", "*-*Restart*:*UnsafeSettings*", {"MAGNETITE_TEST_REDIS": redis.address})
    assert all(suite in output for suite in SUITES)


def test_redis_with_unsafe_settings_is_refused(own_redis):
    run_suite("write_buffer_redis_server_test", "*UnsafeSettings*", {"MAGNETITE_TEST_REDIS": own_redis.address})


def test_nothing_acknowledged_is_lost_when_redis_is_killed(own_redis):
    given = orders.follow([need.built("write_buffer_redis_server_test"), "--gtest_filter=*Restart*"],
                          {"MAGNETITE_TEST_REDIS": own_redis.address, "MAGNETITE_TEST_REDIS_ORDERS": "1"},
                          {"kill": own_redis.kill9, "start": own_redis.start}, SUITE_SECONDS_MAX)
    assert given == ["kill", "start"]
