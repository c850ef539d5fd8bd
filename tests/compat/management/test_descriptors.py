"""What the server says of itself over reflection, against tables.py: every number, name, type and method."""
import pytest
from google.protobuf import descriptor_pb2

import wire
from tables import HEALTH_NAMES, PACKAGES

FILES = {package: wire.Package(package, text).file for package, text in PACKAGES.items()}
NOT_WANTED = {"influxdata.platform.storage"}  # IOxTesting ends a server on purpose
NEVER_SENT = {"google.rpc"}                   # no service speaks of them: they travel in Any


def ask(api, **request):
    [answer] = api.reflection.ServerReflectionInfo(**request)
    return answer


def described(api, symbol):
    """Files of the server by name, of those that a symbol needs."""
    answer = ask(api, file_containing_symbol=symbol)
    assert answer.WhichOneof("message_response") == "file_descriptor_response", (symbol, answer)
    return [descriptor_pb2.FileDescriptorProto.FromString(each)
            for each in answer.file_descriptor_response.file_descriptor_proto]


def test_services_are_listed(api):
    listed = {each.name for each in ask(api, list_services="").list_services_response.service}
    ours = {f"{package}.{service.name}" for package, file in FILES.items() if package not in NOT_WANTED
            for service in file.service}
    assert ours | {"arrow.flight.protocol.FlightService"} <= listed
    assert listed <= set(HEALTH_NAMES)


def test_an_unknown_symbol_is_an_error_of_its_own(api):
    answer = ask(api, file_containing_symbol="nobody.knows.Me")
    assert answer.WhichOneof("message_response") == "error_response"
    assert answer.error_response.error_code == 5


def find(files, name, kind):
    for file in files:
        place, rest = file, name.removeprefix(file.package + ".").split(".")
        for outer in rest[:-1]:
            nested = getattr(place, "message_type", None) or getattr(place, "nested_type", ())
            place = next((each for each in nested if each.name == outer), None)
            if place is None:
                break
        if place is None:
            continue
        if kind == "message":
            inside = place.message_type if place is file else place.nested_type
        else:
            inside = getattr(place, kind)
        for each in inside:
            if each.name == rest[-1]:
                return each
    return None


def compare_message(files, prefix, wanted):
    full = f"{prefix}.{wanted.name}"
    found = find(files, full, "message")
    assert found is not None, full
    by_number = {field.number: field for field in found.field}
    for field in wanted.field:
        same = by_number.get(field.number)
        assert same is not None, f"{full}.{field.name}"
        as_written = (same.name, same.type, same.type_name, same.label)
        assert as_written == (field.name, field.type, field.type_name, field.label), f"{full}.{field.name}"
        if field.HasField("oneof_index"):
            assert found.oneof_decl[same.oneof_index].name == wanted.oneof_decl[field.oneof_index].name
        else:
            assert not same.HasField("oneof_index"), f"{full}.{field.name}"
    for nested in wanted.nested_type:
        compare_message(files, full, nested)
    for enum in wanted.enum_type:
        compare_enum(files, full, enum)


def compare_enum(files, prefix, wanted):
    full = f"{prefix}.{wanted.name}"
    found = find(files, full, "enum_type")
    assert found is not None, full
    numbers = {value.name: value.number for value in found.value}
    for value in wanted.value:  # ours may have more
        assert numbers.get(value.name) == value.number, f"{full}.{value.name}"


@pytest.mark.parametrize("package", [each for each in FILES if each not in NOT_WANTED | NEVER_SENT])
def test_package_is_as_the_table_says(api, package):
    wanted = FILES[package]
    symbols = [f"{package}.{each.name}" for each in [*wanted.message_type, *wanted.enum_type, *wanted.service]]
    files = {file.name: file for symbol in symbols for file in described(api, symbol)}
    for message in wanted.message_type:
        compare_message(files.values(), package, message)
    for enum in wanted.enum_type:
        compare_enum(files.values(), package, enum)
    for service in wanted.service:
        found = next(each for file in files.values() for each in file.service
                     if file.package == package and each.name == service.name)
        methods = {method.name: method for method in found.method}
        for method in service.method:
            assert method.name in methods, f"{service.name}.{method.name}"
            same = methods[method.name]
            assert (same.input_type, same.output_type) == (method.input_type, method.output_type)
            assert (same.client_streaming, same.server_streaming) == (method.client_streaming, method.server_streaming)
