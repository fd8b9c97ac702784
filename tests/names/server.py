"""A real authoritative DNS server (NSD) on the loopback address, whose zone can be changed while it runs."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dns.exception
import dns.message
import dns.query
import dns.rdatatype

NSD = shutil.which("nsd") or shutil.which("nsd", path="/usr/sbin")
WHY_SKIPPED = "needs the DNS server nsd (Debian: apt-get install nsd)"

_PATIENCE = 15.0
"""Seconds after which a server that doesn't come up, or doesn't take its zone, fails the test."""

_CONFIGURATION = """\
server:
  ip-address: 127.0.0.1@{port}
  username: ""
  chroot: ""
  zonesdir: "{home}"
  database: ""
  pidfile: "{home}/nsd.pid"
  xfrdfile: "{home}/xfrd.state"
  zonelistfile: "{home}/zone.list"
  logfile: "{home}/nsd.log"
  server-count: 1
remote-control:
  control-enable: no
zone:
  name: example.com
  zonefile: example.com.zone
"""

_ZONE = """\
$ORIGIN example.com.
$TTL 60
@ IN SOA ns.example.com. admin.example.com. {serial} 3600 600 86400 60
@ IN NS ns.example.com.
ns IN A 127.0.0.1
{records}
"""


class Server:
    """NSD with one zone, ``example.com``. It serves nothing else, and refuses what it is asked besides."""

    def __init__(self, home: Path, records: str) -> None:
        self._home = home
        self._serial = 0
        self.port = _free_port()
        self._write(records)
        configuration = home / "nsd.conf"
        configuration.write_text(_CONFIGURATION.format(port=self.port, home=home), encoding="utf-8")
        assert NSD is not None
        self.process = subprocess.Popen([NSD, "-d", "-c", str(configuration)])
        self._wait()

    @property
    def address(self) -> str:
        """As ``--server`` takes it."""
        return f"127.0.0.1:{self.port}"

    def change(self, records: str) -> None:
        """Serves other records from now on."""
        self._write(records)
        self.process.send_signal(signal.SIGHUP)
        self._wait()

    def stop(self) -> None:
        """Ends the server."""
        self.process.terminate()
        self.process.wait(timeout=_PATIENCE)

    def udp(self, name: str, kind: str) -> dns.message.Message:
        """The bare answer by UDP."""
        return dns.query.udp(dns.message.make_query(name, kind), "127.0.0.1", timeout=1.0, port=self.port)

    def _write(self, records: str) -> None:
        self._serial += 1
        zone = self._home / "example.com.zone"
        before = zone.stat().st_mtime_ns if zone.exists() else 0
        zone.write_text(_ZONE.format(serial=self._serial, records=records), encoding="utf-8")
        # NSD reads a zone again where its file is newer; file systems may keep whole seconds only.
        os.utime(zone, ns=(zone.stat().st_atime_ns, max(zone.stat().st_mtime_ns, before + 2_000_000_000)))

    def _wait(self) -> None:
        until = time.monotonic() + _PATIENCE
        while time.monotonic() < until:
            assert self.process.poll() is None, (self._home / "nsd.log").read_text(encoding="utf-8")
            try:
                answer = self.udp("example.com", "SOA")
            except (dns.exception.DNSException, OSError):
                time.sleep(0.05)
                continue
            if any(entry.serial == self._serial for found in answer.answer for entry in found):
                return
            time.sleep(0.05)
        raise AssertionError((self._home / "nsd.log").read_text(encoding="utf-8"))


@contextmanager
def serving(home: Path, records: str) -> Iterator[Server]:
    """A server for as long as the block runs."""
    server = Server(home, records)
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def silent() -> Iterator[str]:
    """The address of a server that takes questions and never answers."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{listening.getsockname()[1]}"


def _free_port() -> int:
    """A port that neither UDP nor TCP uses just now."""
    while True:
        with socket.socket() as tcp, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            tcp.bind(("127.0.0.1", 0))
            try:
                udp.bind(tcp.getsockname())
            except OSError:
                continue
            port: int = tcp.getsockname()[1]
            return port
