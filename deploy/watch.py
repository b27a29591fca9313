"""Supervisor's event listener: say which process ended, and stop everything if one can't be started any more."""

import os
import signal
import sys

from supervisor import childutils


def main() -> None:
    while True:
        headers, payload = childutils.listener.wait(sys.stdin, sys.stdout)
        event = childutils.get_headers(payload.partition("\n")[0])
        name = event["processname"]
        if headers["eventname"] == "PROCESS_STATE_FATAL":
            sys.stderr.write(
                f"\n{name} can't be started; its messages stand above or in its log. Everything is stopped.\n"
            )
            os.kill(os.getppid(), signal.SIGTERM)
        elif event.get("expected", "0") == "0" and name != "greeter":
            sys.stderr.write(f"{name} ended unexpectedly and is started again.\n")
        sys.stderr.flush()
        childutils.listener.ok(sys.stdout)


main()
