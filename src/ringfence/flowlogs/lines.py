"""Bytes into lines of bounded length, and a digest of the bytes that were read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.errors import InputError

if TYPE_CHECKING:
    from xxhash import xxh3_128

MAX_LINE = 1 << 20
"""Bytes of a line; a longer one is skipped and counted as lost."""

DIGEST_BLOCK = 16 << 20
"""Bytes that are hashed together, so that parts of a file can be hashed in several processes."""


class LineCutter:
    """Cuts what it is fed into lines. ``too_long`` are the numbers of lines that were skipped, in order.

    ``number`` is that of the next line, ``offset`` the number of bytes that were given out or skipped. ``skipping``
    tells that the next bytes belong to a line that is too long. Who is given lines counts them, because who reads them
    can do so on the way: ``number`` must be raised before more is fed.
    """

    def __init__(self, number: int = 1, offset: int = 0) -> None:
        self.number = number
        self.offset = offset
        self.too_long: list[int] = []
        self._part = b""
        self.skipping = False

    @property
    def waiting(self) -> int:
        """Bytes of a last line whose newline is still to come, if it is not being skipped."""
        return len(self._part)

    def feed(self, data: bytes) -> bytes:
        """The lines that are complete now, each with its newline. A line that is too long is given empty."""
        if self.skipping:
            end = data.find(b"\n")
            if end < 0:
                self.offset += len(data)
                return b""
            self.offset += end
            data = data[end:]
            self.skipping = False
        end = data.rfind(b"\n") + 1
        if end == 0:
            self._part += data
            block = b""
        else:
            block = b"".join((self._part, memoryview(data)[:end]))
            self._part = data[end:]
            self.offset += len(block)
            if len(block) > MAX_LINE:
                block = self._without_long(block)
        if len(self._part) > MAX_LINE:
            self.too_long.append(self.number + block.count(b"\n"))
            self.offset += len(self._part)
            self._part = b""
            self.skipping = True
        return block

    def _without_long(self, block: bytes) -> bytes:
        lines = block.split(b"\n")
        if max(map(len, lines)) <= MAX_LINE:
            return block
        for index, line in enumerate(lines):
            if len(line) > MAX_LINE:
                self.too_long.append(self.number + index)
                lines[index] = b""
        return b"\n".join(lines)

    def rest(self) -> bytes:
        """The last line, which has no newline; it counts as given out. Empty if there is none, or it is too long."""
        line, self._part = self._part, b""
        self.offset += len(line)
        self.number += bool(line) or self.skipping
        self.skipping = False
        return line


def new_hash(data: bytes = b"") -> xxh3_128:
    """The hash by which a log is recognised that was read before.

    It keeps no secret and stands against no forger: who can write a log can leave lines out of it as well. SHA-256
    takes 1 µs for a line of Hubble, as long as all patterns that the line is matched with; 128 bits of XXH3 take a
    sixth of that (https://github.com/Cyan4973/xxHash).

    Raises:
        InputError: the extra that has it isn't installed.
    """
    try:
        import xxhash
    except ImportError:
        raise InputError("Reading logs needs the extra 'flows': pip install 'ringfence[flows]'.") from None
    return xxhash.xxh3_128(data)


class ContentDigest:
    """XXH3 over the XXH3 of each 16 MiB of some bytes, however they come in pieces; see :func:`new_hash`.

    A last line without its newline is held back, because a file may end within it; a very long one is not.
    """

    def __init__(self) -> None:
        self.size = 0
        self._held = b""
        self.blocks: list[bytes] = []  # digests of those that are full
        self._block = new_hash()

    def update(self, data: bytes) -> None:
        """Takes the next bytes."""
        end = data.rfind(b"\n") + 1
        if end == 0 and len(self._held) + len(data) <= MAX_LINE:
            self._held += data
            return
        if len(data) - end > MAX_LINE:
            end = len(data)
        self._hash(memoryview(self._held))
        self._hash(memoryview(data)[:end])
        self._held = data[end:]

    @property
    def read(self) -> int:
        """All bytes that came, those that are held back among them."""
        return self.size + len(self._held)

    def complete(self) -> None:
        """The bytes that were held back belong to what was read."""
        self._hash(memoryview(self._held))
        self._held = b""

    def jump(self, blocks: list[bytes], tail: bytes) -> None:
        """Goes on where full blocks with these digests, and then the tail, have been read."""
        self.size = len(blocks) * DIGEST_BLOCK
        self.blocks = blocks
        self._block = new_hash()
        self._held = b""
        self._hash(memoryview(tail))

    def _hash(self, view: memoryview) -> None:
        while view:
            room = DIGEST_BLOCK - self.size % DIGEST_BLOCK
            part = view[:room]
            self._block.update(part)
            self.size += len(part)
            view = view[room:]
            if self.size % DIGEST_BLOCK == 0:
                self.blocks.append(self._block.digest())
                self._block = new_hash()

    def hexdigest(self) -> str:
        """The digest of the first ``size`` bytes."""
        blocks = self.blocks if self.size % DIGEST_BLOCK == 0 else [*self.blocks, self._block.digest()]
        return new_hash(b"".join(blocks)).hexdigest()
