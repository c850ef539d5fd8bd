"""Starts, kills and restarts a Kafka broker, its own controller, on loopback. It keeps its data and its ports."""
import pathlib
import signal
import socket
import subprocess
import time

from support import need
from support.server import free_ports

START_SECONDS_MAX = 120
JAVA = ["java", "-Xmx192m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"]
CLUSTER_ID = "4L6g3nShT-eMCtK--X86sw"  # any 16 bytes in base64
# Times are small, so that a restart after kill -9 is quick, and a low watermark is kept over one.
PROPERTIES = """
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={data}
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
group.initial.rebalance.delay.ms=0
num.network.threads=2
num.io.threads=2
log.cleaner.dedupe.buffer.size=8388608
message.max.bytes=33554432
log.retention.ms=-1
broker.session.timeout.ms=2000
broker.heartbeat.interval.ms=300
controlled.shutdown.enable=false
log.flush.start.offset.checkpoint.interval.ms=500
log.initial.task.delay.ms=500
"""


class KafkaBroker:
    """One broker process."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.jars = need.tool("get_kafka.sh")
        self.port, controller = free_ports(2)
        self.properties = self.folder / "server.properties"
        self.properties.write_text(PROPERTIES.format(port=self.port, controller=controller, data=self.folder / "data"),
                                   encoding="ascii")
        self.process = None

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self.process is not None and self.process.poll() is None:
            self.kill9()

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def start(self):
        if not (self.folder / "data/meta.properties").exists():
            self.format()
        with open(self.folder / "broker.log", "ab") as log:
            self.process = subprocess.Popen([*JAVA, "-cp", f"{self.jars}/*", "kafka.Kafka", str(self.properties)],
                                            stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd=self.folder)
        deadline = time.monotonic() + START_SECONDS_MAX
        while time.monotonic() < deadline:
            assert self.process.poll() is None, f"the broker ended:\n{self.log()[-4000:]}"
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=5).close()
                return
            except OSError:
                time.sleep(0.05)
        raise AssertionError(f"the broker is not ready after {START_SECONDS_MAX} s:\n{self.log()[-4000:]}")

    def format(self):
        with open(self.folder / "format.log", "ab") as log:
            subprocess.run([*JAVA, "-cp", f"{self.jars}/*", "kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c",
                            str(self.properties)], stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd=self.folder,
                           timeout=START_SECONDS_MAX, check=True)

    def kill9(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(timeout=60)

    def log(self):
        return (self.folder / "broker.log").read_text(errors="replace")
