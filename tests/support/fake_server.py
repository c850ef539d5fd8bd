"""A gRPC server that answers as a test says: for jobs that stand still, databases that are broken, servers that are old."""
import subprocess
import tempfile
from concurrent import futures

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from support import need

FILES = ("google/longrunning/operations.proto", "influxdata/iox/management/v1/service.proto",
         "influxdata/iox/management/v1/jobs.proto", "influxdata/iox/write/v1/service.proto")
MANAGEMENT = "influxdata.iox.management.v1.ManagementService"
OPERATIONS = "google.longrunning.Operations"


def load():
    """Our .proto files as they are built."""
    pool = descriptor_pool.DescriptorPool()
    with tempfile.NamedTemporaryFile() as out:
        subprocess.run(["protoc", f"-I{need.ROOT / 'proto'}", "--include_imports", f"--descriptor_set_out={out.name}", *FILES],
                       check=True, timeout=60)
        for file in descriptor_pb2.FileDescriptorSet.FromString(out.read()).file:
            pool.Add(file)
    return pool


POOL = load()


def message(name):
    return message_factory.GetMessageClass(POOL.FindMessageTypeByName(name))


class Refusal(Exception):
    def __init__(self, code, text):
        super().__init__(text)
        self.code = code
        self.text = text


class FakeServer(grpc.GenericRpcHandler):
    """`answers`: method name to a function of the request that gives the answer, as a message or its fields as a dict, or
    raises Refusal. Everything else is UNIMPLEMENTED. `calls` are the requests that came, with their methods' names."""

    def __init__(self, **answers):
        self.answers = answers
        self.calls = []
        self.methods = {f"/{service}/{method.name}": method
                        for service in (MANAGEMENT, OPERATIONS) for method in POOL.FindServiceByName(service).methods}
        self.server = grpc.server(futures.ThreadPoolExecutor(max_workers=4), handlers=[self])
        self.port = self.server.add_insecure_port("127.0.0.1:0")

    @property
    def host(self):
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self):
        self.server.start()
        return self

    def __exit__(self, *_):
        self.server.stop(None).wait(timeout=60)

    def service(self, details):
        method = self.methods.get(details.method)
        if method is None or method.name not in self.answers:
            return None
        answer_class = message_factory.GetMessageClass(method.output_type)

        def perform(request, context):
            self.calls.append((method.name, request))
            try:
                answer = self.answers[method.name](request)
            except Refusal as refusal:
                context.abort(refusal.code, refusal.text)
            return answer_class(**answer) if isinstance(answer, dict) else answer

        return grpc.unary_unary_rpc_method_handler(
            perform, request_deserializer=message_factory.GetMessageClass(method.input_type).FromString,
            response_serializer=answer_class.SerializeToString)


def operation(name="7", done=False, error=None, cancelled=False, **metadata):
    """An Operation with the metadata of a job."""
    made = message("google.longrunning.Operation")(name=name, done=done)
    made.metadata.Pack(message("influxdata.iox.management.v1.OperationMetadata")(**metadata))
    if error or cancelled:
        made.error.code = 1 if cancelled else 13
        made.error.message = error or "cancelled"
    return made
