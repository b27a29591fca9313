"""The proxy configuration in `deploy/`: nginx takes it, and it bounds what the site bounds."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from django.conf import settings

CONFIGURATION = settings.BASE_DIR / "deploy" / "nginx.conf"


@pytest.fixture
def nginx() -> str:
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin") or pytest.skip("needs nginx")


def test_nginx_takes_it(nginx: str, tmp_path: Path) -> None:
    key, certificate = tmp_path / "privkey.pem", tmp_path / "fullchain.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-subj", "/CN=digits.example.org", "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    here = CONFIGURATION.read_text().replace("/etc/ssl/numeral", str(tmp_path))
    written = tmp_path / "nginx.conf"
    written.write_text(f"pid {tmp_path}/pid;\nerror_log {tmp_path}/log;\n{here}")
    done = subprocess.run([nginx, "-t", "-c", written, "-p", tmp_path], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "warn" not in done.stderr


def test_it_lets_through_what_the_site_takes() -> None:
    [megabytes] = re.findall(r"client_max_body_size (\d+)m;", CONFIGURATION.read_text())
    assert int(megabytes) * 2**20 == settings.DATA_UPLOAD_MAX_MEMORY_SIZE


def test_it_does_not_pass_on_what_a_client_says_of_its_address() -> None:
    assert "X-Forwarded-For $remote_addr;" in CONFIGURATION.read_text()
