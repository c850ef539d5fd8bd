"""An unmodified Telegraf sends this machine's metrics by its v1 and its v2 output."""
import subprocess

import pytest

from support import need

OUTPUTS = {
    "v2": """
[[outputs.influxdb_v2]]
  urls = ["{url}"]
  token = "any"
  organization = "home"
  bucket = "{database}"
""",
    "v1": """
[[outputs.influxdb]]
  urls = ["{url}"]
  database = "{database}"
  username = "user"
  password = "secret"
""",
}

CONFIG = """
[agent]
  interval = "1s"
  flush_interval = "1s"
  omit_hostname = false
[[inputs.cpu]]
  percpu = true
  totalcpu = true
[[inputs.mem]]
"""


@pytest.mark.parametrize("output", ["v1", "v2"])
def test_metrics_of_this_machine_arrive(shared_server, tmp_path, output):
    telegraf = need.tool("get_telegraf.sh")
    database = f"telegraf_{output}"
    config = tmp_path / "telegraf.conf"
    config.write_text(CONFIG + OUTPUTS[output].format(url=shared_server.http, database=database))

    result = subprocess.run([telegraf, "--config", config, "--once"], capture_output=True, text=True, timeout=120, check=False)

    assert result.returncode == 0, result.stderr
    assert " E! " not in result.stderr, result.stderr
    tables = {row["table_name"] for row in shared_server.rows(database, "SHOW TABLES")}
    assert {"cpu", "mem"} <= tables
    assert shared_server.value(database, "SELECT count(*) FROM mem") >= 1
    memory = shared_server.rows(database, "SELECT host, total, used_percent, time FROM mem LIMIT 1")[0]
    total_kb = int(next(line for line in open("/proc/meminfo", encoding="ascii") if line.startswith("MemTotal")).split()[1])
    assert memory["total"] == total_kb * 1024
    assert 0 < memory["used_percent"] < 100
    cpus = {row["cpu"] for row in shared_server.rows(database, "SELECT DISTINCT cpu FROM cpu")}
    assert "cpu-total" in cpus
