"""A server with the id 42, and an API client that shares nothing with our own: see wire.py."""
import os

# Servers are forked from here: gRPC's threads must not come to life again between fork and exec.
os.environ["GRPC_ENABLE_FORK_SUPPORT"] = "false"

# pylint: disable=wrong-import-position
import grpc
import pyarrow.flight
import pytest

import wire
from support.server import Server

SERVER_ID = 42
CPU_AND_DISK = "cpu,region=west user=23.2 100\ncpu,region=west user=21.0 150\ndisk,region=east bytes=99i 200\n"
BY_TABLE = {"parts": [{"table": {}}]}


class Api:
    """The services of one server, and a few words for what most tests need."""

    def __init__(self, server):
        self.server = server
        self.channel = grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}")
        self.management = self.service("influxdata.iox.management.v1.ManagementService")
        self.operations = self.service("google.longrunning.Operations")
        self.write = self.service("influxdata.iox.write.v1.WriteService")
        self.column_write = self.service("influxdata.transfer.column.v1.WriteService")
        self.health = self.service("grpc.health.v1.Health")
        self.reflection = self.service("grpc.reflection.v1alpha.ServerReflection")
        self.ready()

    def restart(self):
        self.server.restart()
        self.ready()

    def ready(self):
        """Connected: HTTP, by which a server is seen to start, comes first."""
        grpc.channel_ready_future(self.channel).result(timeout=60)

    def service(self, name):
        return wire.Service(self.channel, name)

    def create(self, name, lines="", **rules):
        self.management.CreateDatabase(rules={"name": name, "partition_template": BY_TABLE, **rules})
        if lines:
            self.write.Write(db_name=name, lp_data=lines)
        return name

    def chunks(self, name):
        return sorted(self.management.ListChunks(db_name=name).chunks, key=lambda chunk: (chunk.table_name, chunk.id))

    def storages(self, name):
        words = wire.POOL.FindEnumTypeByName("influxdata.iox.management.v1.ChunkStorage").values_by_number
        return [words[chunk.storage].name.removeprefix("CHUNK_STORAGE_") for chunk in self.chunks(name)]

    def metadata(self, operation):
        assert operation.metadata.type_url == "type.googleapis.com/influxdata.iox.management.v1.OperationMetadata"
        return wire.message("influxdata.iox.management.v1.OperationMetadata").FromString(operation.metadata.value)

    def flight(self, database, sql):
        """Rows as dicts, times as nanoseconds."""
        with pyarrow.flight.connect(f"grpc://127.0.0.1:{self.server.grpc_port}") as client:
            ticket = pyarrow.flight.Ticket(f'{{"database": "{database}", "sql_query": "{sql}"}}')
            table = client.do_get(ticket).read_all()
        for place, field in enumerate(table.schema):
            if pyarrow.types.is_timestamp(field.type):
                table = table.set_column(place, field.name, table[place].cast("int64"))
        return table.to_pylist()


@pytest.fixture(scope="module")
def api(tmp_path_factory):
    """One server for tests that use databases of their own names."""
    with Server(tmp_path_factory.mktemp("server"), server_id=SERVER_ID) as server:
        yield Api(server)


@pytest.fixture
def start(tmp_path):
    """start(options..., server_id=...) gives the client of a server for this test alone."""
    running = []

    def begin(*options, **named):
        server = Server(tmp_path / str(len(running)), options, **{"server_id": SERVER_ID, **named})
        running.append(server.start())
        return Api(server)

    yield begin
    for server in running:
        server.stop()


@pytest.fixture
def name(request):
    """Of a database, for this test alone."""
    return request.node.name.removeprefix("test_")[-60:]
