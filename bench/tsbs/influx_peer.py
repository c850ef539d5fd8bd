"""Debian's influxd as the peer of the load: the same lines over the same endpoint. None where it cannot be had."""
import contextlib
import pathlib
import subprocess
import time

import requests
import results
from support.server import free_ports

CONFIG = """
reporting-disabled = true
bind-address = "127.0.0.1:{rpc}"
[meta]
  dir = "{folder}/meta"
[data]
  dir = "{folder}/data"
  wal-dir = "{folder}/wal"
  cache-max-memory-size = "8g"
[http]
  bind-address = "127.0.0.1:{http}"
  log-enabled = false
  max-body-size = 0
[monitor]
  store-enabled = false
"""


@contextlib.contextmanager
def running(folder):
    found = subprocess.run([results.ROOT / "tools/get_influxdb.sh"], capture_output=True, text=True, check=False)
    if found.returncode != 0:
        print(f"no influxd here: {found.stderr[-300:]}", flush=True)
        yield None
        return
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True)
    rpc, http = free_ports(2)
    (folder / "influxdb.conf").write_text(CONFIG.format(folder=folder, rpc=rpc, http=http), encoding="ascii")
    with open(folder / "influxd.log", "wb") as log:
        process = subprocess.Popen([found.stdout.strip(), "-config", folder / "influxdb.conf"], stdout=log, stderr=log)
    try:
        url = f"http://127.0.0.1:{http}"
        deadline = time.monotonic() + 60
        while True:
            try:
                if requests.get(url + "/ping", timeout=5).status_code == 204:
                    break
            except requests.RequestException:
                pass
            assert time.monotonic() < deadline, (folder / "influxd.log").read_text(errors="replace")[-2000:]
            time.sleep(0.1)
        requests.post(url + "/query", params={"q": "CREATE DATABASE tsbs"}, timeout=30).raise_for_status()
        yield f"{url}/write?db=tsbs", process.pid
    finally:
        process.terminate()
        process.wait(timeout=120)
