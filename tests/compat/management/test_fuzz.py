"""Every call with nothing, with garbage, with far too much and with random values: an answer each time, and a server that lives."""
import random

import grpc
import pytest
from google.protobuf import message_factory
from google.protobuf.descriptor import FieldDescriptor

import wire
from conftest import CPU_AND_DISK, Api
from support.server import Server
from tables import PACKAGES

SEED = 20210714
RANDOM_CALLS = 60
NOT_CALLED = {
    "influxdata.platform.storage.IOxTesting",  # ends a server on purpose
}
SERVICES = sorted(name for package, text in PACKAGES.items() for service in wire.Package(package, text).file.service
                  if (name := f"{package}.{service.name}") not in NOT_CALLED)
METHODS = [f"/{service}/{method.name}" for service in SERVICES
           for method in wire.POOL.FindServiceByName(service).methods]
WORDS = ["", "db", "cpu", "m", "a\0b", "\n", "é" * 70, "x" * 10_000, "../..", "%2e%2e", "remotes.pb", "1", "-1", "(",
         "18446744073709551616", "cpu,host=a v=1 1", "cpu v=", "kafka://127.0.0.1:1/t", "http://127.0.0.1:1"]
NUMBERS = [0, 1, 2, 7, 42, (1 << 31) - 1, (1 << 32) - 1, (1 << 63) - 1]


def number(rng, low, high):
    value = rng.choice(NUMBERS) if rng.random() < 0.8 else -rng.choice(NUMBERS)
    return max(low, min(high, value))


def scalar(rng, field):
    kinds = FieldDescriptor
    if field.type == kinds.TYPE_STRING:
        return rng.choice(WORDS)
    if field.type == kinds.TYPE_BYTES:
        return rng.randbytes(rng.choice([0, 1, 16, 300]))
    if field.type == kinds.TYPE_BOOL:
        return rng.random() < 0.5
    if field.type == kinds.TYPE_DOUBLE:
        return rng.choice([0.0, -1.5, float("nan"), float("inf"), 1e308])
    if field.type == kinds.TYPE_ENUM:
        return rng.choice([0, 1, 2, 99])
    if field.type in (kinds.TYPE_UINT32,):
        return number(rng, 0, (1 << 32) - 1)
    if field.type in (kinds.TYPE_UINT64,):
        return number(rng, 0, (1 << 64) - 1)
    if field.type in (kinds.TYPE_INT32,):
        return number(rng, -(1 << 31), (1 << 31) - 1)
    return number(rng, -(1 << 63), (1 << 63) - 1)


def fill(rng, made, depth=0):
    for field in made.DESCRIPTOR.fields:
        if rng.random() < 0.3 or depth > 5:
            continue
        if field.message_type and field.message_type.GetOptions().map_entry:
            for _ in range(rng.randrange(3)):
                key = scalar(rng, field.message_type.fields_by_name["key"])
                fill(rng, getattr(made, field.name)[key], depth + 1)
        elif field.message_type:
            if field.is_repeated if hasattr(field, "is_repeated") else field.label == field.LABEL_REPEATED:
                for _ in range(rng.randrange(3)):
                    fill(rng, getattr(made, field.name).add(), depth + 1)
            else:
                part = getattr(made, field.name)
                part.SetInParent()
                fill(rng, part, depth + 1)
        elif field.is_repeated if hasattr(field, "is_repeated") else field.label == field.LABEL_REPEATED:
            getattr(made, field.name).extend(scalar(rng, field) for _ in range(rng.randrange(4)))
        else:
            setattr(made, field.name, scalar(rng, field))


def request_class(path):
    _, service, method = path.split("/")
    return message_factory.GetMessageClass(wire.POOL.FindServiceByName(service).methods_by_name[method].input_type)


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory):
    with Server(tmp_path_factory.mktemp("fuzzed"), ["--databases-max", "50"], server_id=42) as server:
        api = Api(server)
        api.create("db", CPU_AND_DISK)
        yield api
        for operation in api.operations.ListOperations().operations:
            api.operations.CancelOperation(name=operation.name)


def send(api, path, body, seconds_max=20):
    """The code of the answer; sleeping jobs and watches may take longer than we wait."""
    _, service, method = path.split("/")
    described = wire.POOL.FindServiceByName(service).methods_by_name[method]
    kind = ("stream" if described.client_streaming else "unary") + "_" + ("stream" if described.server_streaming else "unary")
    call = getattr(api.channel, kind)(path, request_serializer=None, response_deserializer=None)
    limit = 0.3 if method in ("WaitOperation", "Watch") else seconds_max
    try:
        answer = call(iter([body]) if described.client_streaming else body, timeout=limit)
        if described.server_streaming:
            for _ in answer:
                pass
        return "OK"
    except grpc.RpcError as error:
        code = error.code().name
        assert code != "DEADLINE_EXCEEDED" or limit < 1, f"{path} does not answer"
        return code


def is_alive(api):
    assert api.server.process.poll() is None, api.server.log()[-4000:]
    assert api.health.Check(service="").status == 1


@pytest.mark.parametrize("path", METHODS)
def test_nothing_garbage_and_far_too_much(fuzzed, path):
    rng = random.Random(f"{SEED}{path}")
    send(fuzzed, path, b"")
    is_alive(fuzzed)
    for size in (1, 10, 1000, 100_000):
        send(fuzzed, path, rng.randbytes(size))
    huge = b"\x0a\x80\x80\x80\x04" + b"a" * (8 << 20)  # field 1, eight mebibytes: of the largest text that fits, and beyond
    assert send(fuzzed, path, huge + b"\x12\x80\x80\x80\x04" + b"b" * (8 << 20)) != "UNKNOWN"
    send(fuzzed, path, b"\x0a\x04" * 500_000)
    is_alive(fuzzed)


@pytest.mark.parametrize("path", METHODS)
def test_random_values(fuzzed, path):
    rng = random.Random(f"{SEED}{path}values")
    for _ in range(RANDOM_CALLS):
        made = request_class(path)()
        fill(rng, made)
        body = made.SerializeToString()
        send(fuzzed, path, body)
        if rng.random() < 0.2 and body:
            damaged = bytearray(body)
            damaged[rng.randrange(len(damaged))] ^= 1 << rng.randrange(8)
            send(fuzzed, path, bytes(damaged))
    is_alive(fuzzed)


def test_afterwards_it_still_works(fuzzed):
    fuzzed.management.SetServingReadiness(ready=True)
    fuzzed.create("afterwards", CPU_AND_DISK)
    assert fuzzed.flight("afterwards", "SELECT count(*) AS n FROM cpu") == [{"n": 2}]
