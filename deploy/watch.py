"""Supervisor's event listener: say which process ended, and stop everything if one can't be started any more."""

import os
import signal
import sys
from pathlib import Path

from supervisor import childutils

FAILED = Path(os.environ["DATA_DIR"]) / "failed"  # deploy/run.py looks whether it is there


def main() -> None:
    while True:
        headers, payload = childutils.listener.wait(sys.stdin, sys.stdout)
        event = childutils.get_headers(payload.partition("\n")[0])
        name = event["processname"]
        if headers["eventname"] == "PROCESS_STATE_FATAL":
            FAILED.touch()
            sys.stderr.write(
                f"\n{name} can't be started; its messages stand above or in its log. Everything is stopped.\n"
            )
            os.kill(os.getppid(), signal.SIGTERM)
        elif name != "greeter":
            sys.stderr.write(f"{name} ended and is started again.\n")
        sys.stderr.flush()
        childutils.listener.ok(sys.stdout)


main()
