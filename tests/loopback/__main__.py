"""Serve a loopback Hub until it is killed: `python -m tests.loopback --port 0 --root DIR --token hf_...`."""

import argparse
import contextlib
import signal
from pathlib import Path

from tests.loopback.server import Hub


def main() -> None:
    """Print the address on one line, then serve."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.loopback", description="A Hub on the loopback interface, for trying things"
    )
    parser.add_argument("--port", type=int, default=0, help="0 takes any free port")
    parser.add_argument("--root", type=Path, help="folder for the stored bytes; a temporary one by default")
    parser.add_argument("--token", default="hf_loopback", help="the one token that may write")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with contextlib.suppress(KeyboardInterrupt), Hub(options.root, options.token, port=options.port) as hub:
        print(hub.url, flush=True)
        signal.pause()


if __name__ == "__main__":
    main()
