"""Message classes and callable services out of tables.py: protobuf's descriptors made at run time, nothing generated."""
import re

import grpc
from google.protobuf import any_pb2, descriptor_pb2, descriptor_pool, duration_pb2, empty_pb2, message_factory, timestamp_pb2

from tables import PACKAGES

SCALARS = {"int32": 5, "int64": 3, "uint32": 13, "uint64": 4, "double": 1, "bool": 8, "string": 9, "bytes": 12}
MESSAGE, ENUM = 11, 14
OPTIONAL, REPEATED = 1, 3
WELL_KNOWN = (any_pb2, duration_pb2, empty_pb2, timestamp_pb2)

DEFINITION = re.compile(r"\s*(?:(enum|service) )?([A-Z]\w*(?:\.\w+)*)\s*([A-Z_]*)\{((?:[^{}]|\{[^{}]*\})*)\}")
FIELD = re.compile(r"(\d+) (\w+):([\w.<>,]+?)(\*?)$")
METHOD = re.compile(r"(\w+)\((\*?)([\w.]+)\) -> (\*?)([\w.]+)$")


def definitions(text):
    position = 0
    while text[position:].strip():
        found = DEFINITION.match(text, position)
        assert found, f"no definition: {text[position:position + 80]}"
        yield found.groups()
        position = found.end()


def file_name(package):
    return package.replace(".", "/") + ".proto"


class Package:
    """The FileDescriptorProto of one package."""

    def __init__(self, package, text):
        self.package = package
        self.defined = list(definitions(text))
        self.enums = {name for kind, name, *_ in self.defined if kind == "enum"}
        self.names = {name for kind, name, *_ in self.defined if kind != "service"}
        self.file = descriptor_pb2.FileDescriptorProto(name=file_name(package), package=package, syntax="proto3")
        self.dependencies = set()
        self.messages = {}
        for kind, name, prefix, body in self.defined:
            if kind == "enum":
                self.add_enum(name, prefix, body)
            elif kind == "service":
                self.add_service(name, body)
            else:
                self.add_message(name, body)
        self.file.dependency.extend(sorted(self.dependencies))

    def message(self, name):
        if name not in self.messages:
            outer, _, last = name.rpartition(".")
            made = self.message(outer).nested_type.add() if outer else self.file.message_type.add()
            made.name = last
            self.messages[name] = made
        return self.messages[name]

    def resolve(self, scope, name):
        """(kind, full name) of a type as it is written inside `scope`."""
        while True:
            local = f"{scope}.{name}" if scope else name
            if local in self.names:
                return (ENUM if local in self.enums else MESSAGE), f".{self.package}.{local}"
            if not scope:
                break
            scope = scope.rpartition(".")[0]
        package = name.rpartition(".")[0]
        assert package, f"{name} is not defined in {self.package}"
        if package == "google.protobuf":
            self.dependencies.add(f"google/protobuf/{name.rpartition('.')[2].lower()}.proto")
        else:
            self.dependencies.add(file_name(package))
        return MESSAGE, "." + name

    def add_enum(self, name, prefix, body):
        outer, _, last = name.rpartition(".")
        enum = self.message(outer).enum_type.add() if outer else self.file.enum_type.add()
        enum.name = last
        for value in body.split(","):
            word, number = value.split()
            enum.value.add(name=prefix + word, number=int(number))

    def add_service(self, name, body):
        service = self.file.service.add(name=name)
        for line in body.split(";"):
            method, streams_in, request, streams_out, answer = METHOD.match(line.strip()).groups()
            service.method.add(name=method, client_streaming=bool(streams_in), server_streaming=bool(streams_out),
                               input_type=self.resolve("", request)[1], output_type=self.resolve("", answer)[1])

    def add_message(self, name, body):
        message = self.message(name)
        for group in re.finditer(r"oneof (\w+)\{([^}]*)\}", body):
            message.oneof_decl.add(name=group[1])
            for member in group[2].split("|"):
                self.add_field(message, name, member).oneof_index = len(message.oneof_decl) - 1
        plain = re.sub(r"oneof \w+\{[^}]*\}", "", body)
        for member in re.split(r",(?![^<]*>)", plain):
            if member.strip():
                self.add_field(message, name, member)

    def add_field(self, message, scope, text):
        number, name, kind, many = FIELD.match(text.strip()).groups()
        field = message.field.add(name=name, number=int(number), label=REPEATED if many else OPTIONAL)
        if kind.startswith("map<"):
            key, value = kind[4:-1].split(",")
            entry = message.nested_type.add(name=name.capitalize() + "Entry")
            entry.options.map_entry = True
            entry.field.add(name="key", number=1, type=SCALARS[key], label=OPTIONAL)
            of, full = self.resolve(scope, value)
            entry.field.add(name="value", number=2, type=of, type_name=full, label=OPTIONAL)
            field.label, field.type = REPEATED, MESSAGE
            field.type_name = f".{self.package}.{scope}.{entry.name}"
        elif kind in SCALARS:
            field.type = SCALARS[kind]
        else:
            field.type, field.type_name = self.resolve(scope, kind)
        return field


def make_pool():
    pool = descriptor_pool.DescriptorPool()
    for module in WELL_KNOWN:
        pool.AddSerializedFile(module.DESCRIPTOR.serialized_pb)
    for name, text in PACKAGES.items():  # in the order of their imports
        pool.AddSerializedFile(Package(name, text).file.SerializeToString())
    return pool


POOL = make_pool()


def message(full_name):
    return message_factory.GetMessageClass(POOL.FindMessageTypeByName(full_name))


class Failure(Exception):
    """An answer that is no success: its code as a word, its text, and its details as {type name: message}."""

    def __init__(self, error):
        super().__init__(f"{error.code().name}: {error.details()}")
        self.code = error.code().name
        self.text = error.details()
        self.details = {}
        trailers = dict(error.trailing_metadata() or ())
        if "grpc-status-details-bin" in trailers:
            status = message("google.rpc.Status").FromString(trailers["grpc-status-details-bin"])
            assert (status.code, status.message) == (error.code().value[0], self.text)
            for each in status.details:
                prefix, _, name = each.type_url.partition("/")
                assert prefix == "type.googleapis.com"
                self.details[name] = message(name).FromString(each.value)


class Service:
    """service.Method(field=value, ...) calls and waits; keyword `request` gives a whole message."""

    def __init__(self, channel, full_name):
        self.channel = channel
        self.descriptor = POOL.FindServiceByName(full_name)

    def __getattr__(self, method_name):
        method = self.descriptor.methods_by_name[method_name]
        request_class = message_factory.GetMessageClass(method.input_type)
        answer_class = message_factory.GetMessageClass(method.output_type)
        kind = ("stream" if method.client_streaming else "unary") + "_" + ("stream" if method.server_streaming else "unary")
        call = getattr(self.channel, kind)(f"/{self.descriptor.full_name}/{method_name}",
                                           request_serializer=request_class.SerializeToString,
                                           response_deserializer=answer_class.FromString)

        def perform(request=None, seconds_max=120, **fields):
            request = request or request_class(**fields)
            try:
                return call(iter([request]) if method.client_streaming else request, timeout=seconds_max)
            except grpc.RpcError as error:
                raise Failure(error) from None

        return perform
