"""Runs a test program that says on its standard output when its partner, a server, is to be killed or started."""
import os
import subprocess
import threading


def follow(command, environment, actions, seconds_max):
    """`actions`: order -> what to call. Returns the orders given, after the program ended well."""
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                               env={**os.environ, **environment})
    watchdog = threading.Timer(seconds_max, process.kill)
    watchdog.start()
    output, orders = [], []
    try:
        for line in process.stdout:
            output.append(line)
            if line.startswith("order: "):
                orders.append(line.split()[1])
                actions[orders[-1]]()
                process.stdin.write("done\n")
                process.stdin.flush()
        code = process.wait(timeout=60)
    finally:
        watchdog.cancel()
        process.kill()
        process.wait(timeout=60)
    assert code == 0, "".join(output)[-6000:]
    return orders
