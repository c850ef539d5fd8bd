"""The shell examples of README.md are run, one after the other, against a server on other ports."""
import re
import subprocess

from support import need
from support.server import binary


def blocks(language):
    text = (need.ROOT / "README.md").read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)


def test_examples_of_the_readme_work(server, tmp_path):
    examples = blocks("sh")
    assert len(examples) >= 2
    output = ""
    for example in examples:
        if "./run" in example or "./test" in example:
            continue  # the two commands themselves: tests/e2e/test_run_script.py
        script = (example.replace("127.0.0.1:8080", f"127.0.0.1:{server.http_port}")
                  .replace("127.0.0.1:8082", f"127.0.0.1:{server.grpc_port}")
                  .replace("build/release/bin/magnetite ", f"{binary()} --host {server.grpc} "))
        result = subprocess.run(["bash", "-euc", script], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
        assert result.returncode == 0, f"{script}\n{result.stdout}{result.stderr}"
        output += result.stdout
    assert "kitchen" in output


def test_python_examples_of_the_readme_work(server):
    for example in blocks("python"):
        script = example.replace("127.0.0.1:8080", f"127.0.0.1:{server.http_port}").replace("8082", str(server.grpc_port))
        exec(compile(script, "README.md", "exec"), {})  # pylint: disable=exec-used


def test_telegraf_example_of_the_readme_works(server, tmp_path):
    telegraf = need.tool("get_telegraf.sh")
    (config,) = blocks("toml")
    path = tmp_path / "telegraf.conf"
    path.write_text("[[inputs.mem]]\n" + config.replace("127.0.0.1:8080", f"127.0.0.1:{server.http_port}"), encoding="utf-8")
    result = subprocess.run([telegraf, "--config", path, "--once"], capture_output=True, text=True, timeout=120, check=False)
    assert result.returncode == 0, result.stderr
    assert server.value("home", "SELECT count(*) FROM mem") >= 1
