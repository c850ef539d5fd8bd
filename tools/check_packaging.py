#!/usr/bin/env python3
"""check_packaging.py BINARY: what packaging/ says about the program is true of it. Prints every breach.

Options and variables that unit, environment file and Dockerfile name exist, the program takes the values they have, and
systemd, where it is, finds nothing wrong with the unit.
"""
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
PACKAGING = ROOT / "packaging"


def run(*command, environment=None):
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False,
                          env={"PATH": os.environ["PATH"], **(environment or {})})


def environment_file():
    """Its variables, those that are commented out included."""
    lines = (PACKAGING / "magnetite.env").read_text().splitlines()
    return dict(match.groups() for line in lines if (match := re.match(r"#?([A-Z_]+)=(.*)$", line)))


def docker_environment(dockerfile):
    found = {}
    for line in re.findall(r"^ENV (.*)$", dockerfile, flags=re.MULTILINE):
        found.update(pair.split("=", 1) for pair in shlex.split(line))
    return found


def commands(unit, dockerfile):
    """(where, words after the program's name) of everything that is run."""
    [start] = re.findall(r"^ExecStart=\S+/magnetite (.*)$", unit, flags=re.MULTILINE)
    yield "magnetite.service", shlex.split(start)
    [command] = re.findall(r"^CMD \[(.*)\]$", dockerfile, flags=re.MULTILINE)
    yield "Dockerfile: CMD", re.findall(r'"([^"]*)"', command)
    [health] = re.findall(r"^HEALTHCHECK .*CMD \[(.*)\]$", dockerfile, flags=re.MULTILINE)
    yield "Dockerfile: HEALTHCHECK", re.findall(r'"([^"]*)"', health)[1:]


def check_command(binary, where, words):
    names = [word for word in words if not word.startswith("-")]
    subcommand = names[:2] if names[0] != "run" else names[:1]
    shown = run(binary, *subcommand, "--help")
    if shown.returncode != 0:
        yield f"{where}: there is no `magnetite {' '.join(subcommand)}`"
    for option in (word.split("=")[0] for word in words if word.startswith("-")):
        if not re.search(rf"(^|[\s,]){re.escape(option)}\b", shown.stdout, flags=re.MULTILINE):
            yield f"{where}: {option} is no option of `magnetite {' '.join(subcommand)}`"
    if subcommand == ["run"]:
        with tempfile.TemporaryDirectory() as folder:
            taken = run(binary, "config", "show", *words[1:], environment={"HOME": folder})
        if taken.returncode != 0:
            yield f"{where}: {taken.stderr.strip()}"


def check_environment(binary, where, environment):
    help_text = run(binary, "run", "--help").stdout
    for variable in environment:
        if not re.search(rf"\bEnv:{variable}\b", help_text):
            yield f"{where}: no option has the variable {variable}"
    shown = run(binary, "config", "show", environment=environment)
    if shown.returncode != 0:
        yield f"{where}: {shown.stderr.strip()}"


def check_unit(binary, unit):
    if shutil.which("systemd-analyze") is None:
        print("systemd-analyze is not installed: the unit is not verified")
        return
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "magnetite.service"
        # The program, user and documents are not installed where this runs.
        text = unit.replace("/usr/bin/magnetite", binary).replace("User=magnetite", "User=root")
        text = re.sub(r"^(Documentation|Group)=.*\n", "", text, flags=re.MULTILINE)
        path.write_text(text)
        verified = run("systemd-analyze", "verify", "--man=no", str(path))
    for line in verified.stderr.splitlines():
        if "magnetite.service" in line:
            yield f"magnetite.service: systemd-analyze: {line}"


def main():
    binary = str(pathlib.Path(sys.argv[1]).resolve())
    unit = (PACKAGING / "magnetite.service").read_text()
    dockerfile = (PACKAGING / "Dockerfile").read_text()
    problems = []
    for where, words in commands(unit, dockerfile):
        problems += check_command(binary, where, words)
    problems += check_environment(binary, "magnetite.env", environment_file())
    problems += check_environment(binary, "Dockerfile: ENV", docker_environment(dockerfile))
    problems += check_unit(binary, unit)
    version = re.search(r"project\(magnetite VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text())[1]
    if not (PACKAGING / "debian/changelog").read_text().startswith(f"magnetite ({version})"):
        problems.append(f"debian/changelog does not begin with version {version}")
    print("\n".join(problems) or "packaging/ agrees with the program")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
