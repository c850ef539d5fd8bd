"""Every method that the server offers, as reflection lists them, without a token and with one that may do nothing much."""
import grpc
import pytest
from google.protobuf import descriptor_pb2

from support.server import Server
from conftest import Api

OPEN = {"grpc.health.v1.Health", "grpc.reflection.v1alpha.ServerReflection"}
# What any valid token may call: the answer then holds only what it may see.
FOR_ANYBODY_KNOWN = {
    "influxdata.iox.management.v1.ManagementService/GetServerId",
    "influxdata.iox.management.v1.ManagementService/ListDatabases",
    "influxdata.iox.management.v1.ManagementService/GetServerStatus",
    "arrow.flight.protocol.FlightService/Handshake",
    "arrow.flight.protocol.FlightService/DoGet",  # the ticket names the database
}
OPERATOR = "the-operators-own-token"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    folder = tmp_path_factory.mktemp("guarded")
    file = folder / "admin_token"
    file.write_text(OPERATOR + "\n", encoding="ascii")
    file.chmod(0o600)
    with Server(folder, options=["--admin-token-file", str(file)], token=OPERATOR) as server:
        server.write_ok("mine", "m v=1i 1")
        made = server.cli("token", "create", "--name", "stranger", "--read", "elsewhere")
        assert made.returncode == 0, made.stderr
        yield Api(server), made.stdout.strip()


def methods(api):
    """service/Method of all that is registered."""
    def ask(**request):
        [answer] = api.reflection.ServerReflectionInfo(**request)
        return answer
    for each in ask(list_services="").list_services_response.service:
        answer = ask(file_containing_symbol=each.name).file_descriptor_response
        files = [descriptor_pb2.FileDescriptorProto.FromString(file) for file in answer.file_descriptor_proto]
        [service] = [service for file in files for service in file.service if f"{file.package}.{service.name}" == each.name]
        for method in service.method:
            yield each.name, f"{each.name}/{method.name}"


def code(api, method, token=None):
    """Of an empty request; a stream of one message is what any kind of method reads."""
    call = api.channel.stream_stream(f"/{method}", request_serializer=bytes, response_deserializer=bytes)
    metadata = (("authorization", f"Bearer {token}"),) if token else ()
    try:
        for _ in call(iter([b""]), metadata=metadata, timeout=60):
            break
        return "OK"
    except grpc.RpcError as error:
        return error.code().name


def nobody_is_answered(api, method):
    return code(api, method) == "UNIMPLEMENTED" and code(api, method, OPERATOR) == "UNIMPLEMENTED"


def test_no_method_is_open_by_mistake(guarded):
    api, _ = guarded
    seen = 0
    for service, method in methods(api):
        if service in OPEN or nobody_is_answered(api, method):
            continue
        seen += 1
        assert code(api, method) == "UNAUTHENTICATED", method
        assert code(api, method, "wrong") == "UNAUTHENTICATED", method
    assert seen > 30


def test_a_token_for_something_else_opens_nothing(guarded):
    api, stranger = guarded
    for service, method in methods(api):
        if service not in OPEN and method not in FOR_ANYBODY_KNOWN and not nobody_is_answered(api, method):
            assert code(api, method, stranger) == "PERMISSION_DENIED", method


def test_health_and_reflection_need_none(guarded):
    api, _ = guarded
    assert code(api, "grpc.health.v1.Health/Check") == "OK"
    assert code(api, "grpc.health.v1.Health/Watch") == "OK"


def names_for(api, token):
    call = api.management.descriptor.methods_by_name["ListDatabases"]
    answer = api.channel.unary_unary(f"/{api.management.descriptor.full_name}/{call.name}", request_serializer=bytes,
                                     response_deserializer=bytes)(b"", metadata=(("authorization", f"Token {token}"),))
    return answer


def test_a_list_names_what_the_caller_may_read(guarded):
    api, stranger = guarded
    assert b"mine" in names_for(api, OPERATOR)
    assert b"mine" not in names_for(api, stranger)
