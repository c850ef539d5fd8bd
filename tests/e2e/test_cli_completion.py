"""What bash offers, with the script that `magnetite completion bash` prints."""
import os
import pathlib
import shutil
import subprocess

import pytest

from support.server import binary

# Completes the line $1 as bash does: COMP_WORDS are cut at blanks, colons and equals signs.
DRIVER = r'''
source "$COMPLETION"
COMP_LINE=$1 COMP_POINT=${#1} COMP_WORDS=()
words=${COMP_LINE//:/ : } words=${words//=/ = }
read -ra COMP_WORDS <<< "$words"
[[ $COMP_LINE == *' ' || ${#COMP_WORDS[@]} == 0 ]] && COMP_WORDS+=('')
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
[[ $(complete -p magnetite) == *'-F _magnetite magnetite'* ]] || exit 1
_magnetite
printf '%s\n' "${COMPREPLY[@]}"
'''


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("completion")
    script = subprocess.run([binary(), "completion", "bash"], capture_output=True, text=True, timeout=60, check=True).stdout
    (folder / "completion.bash").write_text(script, encoding="utf-8")
    (folder / "magnetite").symlink_to(binary())
    (folder / "rooms.lp").write_text("", encoding="ascii")
    return folder


@pytest.fixture
def offers(folder, shared_server):
    def complete(line, address=None):
        ended = subprocess.run(["bash", "--norc", "-c", DRIVER, "bash", line], capture_output=True, text=True, timeout=60, check=False,
                               cwd=folder, env={**os.environ, "COMPLETION": str(folder / "completion.bash"),
                                                "PATH": f"{folder}:{os.environ['PATH']}", "MAGNETITE_ADDR": address or shared_server.grpc})
        assert ended.returncode == 0 and ended.stderr == "", ended.stderr
        return set(ended.stdout.split())
    return complete


def test_commands_and_their_commands(offers):
    assert {"database", "operation", "server", "sql", "completion", "run"} <= offers("magnetite ")
    assert offers("magnetite data") == {"database"}
    assert {"create", "list", "partition", "catalog"} <= offers("magnetite database ")
    assert offers("magnetite database partition c") == {"close-chunk", "compact"}
    assert offers("magnetite server remote ") == {"list", "set", "remove"}
    assert offers("magnetite --format json -v operation w") == {"wait"}


def test_options_are_those_of_the_command_and_of_all(offers):
    assert offers("magnetite database create home --per") == {"--persist-row-threshold", "--persist-age-threshold-seconds", "--persist"}
    assert offers("magnetite database list --de") == {"--deleted"}
    assert offers("magnetite database list --fo") == {"--format"}
    assert "--wal-sync" in offers("magnetite run --wal")


def test_values_of_options_and_places(offers):
    assert offers("magnetite database query home --format ") == {"pretty", "json", "jsonl", "csv", "parquet"}
    assert offers("magnetite database query home -f js") == {"json", "jsonl"}
    assert offers("magnetite database query home --format=c") == {"csv"}
    assert offers("magnetite completion z") == {"zsh"}


def test_databases_are_asked_of_the_server_silently(offers, shared_server):
    for name in ("kitchen", "kiosk"):
        shared_server.cli("database", "create", name)
    assert offers("magnetite database get ki") == {"kitchen", "kiosk"}
    assert offers("magnetite sql kit") == {"kitchen"}
    assert offers("magnetite database partition list kio") == {"kiosk"}
    assert offers("magnetite database get kitchen ") == set()
    away = "http://127.0.0.1:1"
    assert offers("magnetite database get ki", address=away) == set()
    assert offers(f"magnetite --host {shared_server.grpc} database get ki", address=away) == {"kitchen", "kiosk"}
    assert offers(f"magnetite database -h {shared_server.grpc} get kit", address=away) == {"kitchen"}


def test_files_are_completed_again_and_again(offers):
    assert "rooms.lp" in offers("magnetite database write home ")
    assert offers("magnetite database write home rooms.lp roo") == {"rooms.lp"}


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_scripts_are_of_their_shell(shell, tmp_path):
    script = subprocess.run([binary(), "completion", shell], capture_output=True, text=True, timeout=60, check=True).stdout
    path = pathlib.Path(tmp_path / "script")
    path.write_text(script, encoding="utf-8")
    assert "partition" in script
    if shutil.which(shell):
        assert subprocess.run([shell, "-n", str(path)], capture_output=True, timeout=60, check=False).returncode == 0
    assert subprocess.run([binary(), "completion", "tcsh"], capture_output=True, timeout=60, check=False).returncode == 2
