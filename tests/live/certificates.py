"""An authority of the test's own, and what it signs."""

from __future__ import annotations

import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

NAME = "api.example.internal"
"""What the server's certificate is for: its name, and not the address that it listens on."""


@dataclass(frozen=True)
class Authority:
    """Its files stand in ``directory``."""

    directory: Path

    @property
    def certificate(self) -> Path:
        """Of the authority itself."""
        return self.directory / "ca.crt"

    def sign(self, common_name: str, address: str = "") -> tuple[Path, Path]:
        """A certificate for a name, and an address, if one is given; and its key."""
        file = common_name.replace(".", "-")
        self._openssl("req", *_KEY, "-keyout", f"{file}.key", "-out", f"{file}.csr", "-subj", f"/CN={common_name}")
        names = f"DNS:{common_name}" + (f",IP:{address}" if address else "")
        (self.directory / f"{file}.ext").write_text(f"subjectAltName={names}\n")
        authority = ("-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2")
        self._openssl(
            "x509", "-req", "-in", f"{file}.csr", *authority, "-extfile", f"{file}.ext", "-out", f"{file}.crt"
        )
        return self.directory / f"{file}.crt", self.directory / f"{file}.key"

    def server(self, address: str = "") -> ssl.SSLContext:
        """What a server needs that shows a certificate for :data:`NAME`, and asks for the client's."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.sign(NAME, address))
        context.load_verify_locations(self.certificate)
        context.verify_mode = ssl.CERT_OPTIONAL
        return context

    def _openssl(self, *words: str) -> None:
        subprocess.run(["openssl", *words], cwd=self.directory, check=True, capture_output=True)


_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


def authority(directory: Path) -> Authority:
    """A new one."""
    made = Authority(directory)
    made._openssl("req", "-x509", *_KEY, "-keyout", "ca.key", "-out", "ca.crt", "-days", "2", "-subj", "/CN=ca")
    return made
