"""Runs a command while moto serves, and ends as it ended.

Usage: with_moto.py VARIABLE COMMAND [ARGUMENT..]

The command finds moto's address in the environment variable.
"""

import logging
import os
import subprocess
import sys

from moto.server import ThreadedMotoServer


def main():
    variable, command = sys.argv[1], sys.argv[2:]
    # One line per request would bury what the command says.
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    environment = dict(os.environ, **{variable: f"http://{host}:{port}"})
    try:
        return subprocess.run(command, env=environment, check=False).returncode
    finally:
        server.stop()


if __name__ == "__main__":
    sys.exit(main())
