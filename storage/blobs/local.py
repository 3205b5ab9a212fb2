"""Blobs in files below one directory: the key is the path.

A blob is written to a temporary file beside its place, flushed to the disk, and only then linked under its name, which
fails where the name is taken: nothing is ever overwritten and nothing half-written ever has a name. Directories are
flushed after each change. The file system must know hard links; `check` says so where it does not.
"""

import asyncio
import errno
import hashlib
import itertools
import os
import stat as file_status
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import aclosing, contextmanager
from io import FileIO
from pathlib import Path
from typing import BinaryIO

import aiofiles

from schemas.ids import new_id
from storage.blobs.base import UNLISTED, Stored, require_key, require_prefix, require_range
from storage.blobs.streams import full, kept, measured, regrouped, unavailable, undone
from storage.executors import Executor

_PIECE_BYTES = 1024 * 1024
_KEYS_AT_ONCE = 1000
_THREADS = 8
_QUEUE = 512

# A file that grows past what the process or the file system allows finds no room either.
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class LocalBlobs:
    """A `storage.blobs.base.BlobStore` below the directory `root`, which is made when it is first needed."""

    def __init__(self, root: Path) -> None:
        self._root = root.absolute()
        self._threads = Executor("local-blobs", threads=_THREADS, queue=_QUEUE)
        self._making = threading.Lock()

    async def put(self, key: str, body: AsyncIterator[bytes], *, limit: int) -> Stored:
        """See `BlobStore.put`."""
        writing = _Writing(self._path(key), self._make_directory)
        try:
            async with aclosing(regrouped(body, _PIECE_BYTES, limit)) as pieces:
                async for piece in pieces:
                    await self._threads.run(writing.add, piece)
            placed = await self._threads.run(writing.place)
        except BaseException as error:
            await undone(writing.discard, self._threads, error)
            raise
        sent = Stored(key=key, size=writing.size, sha256=writing.sha256)
        return sent if placed else await kept(self, sent)

    async def promote(self, source: str, target: str) -> None:
        """See `BlobStore.promote`."""
        await self._threads.run(self._promote, source, self._path(source), self._path(target))

    async def stat(self, key: str) -> int | None:
        """See `BlobStore.stat`."""
        return await self._threads.run(_size, self._path(key))

    async def digest(self, key: str) -> Stored:
        """See `BlobStore.digest`."""
        return await measured(key, self.read(key), self._threads)

    async def read(self, key: str, offset: int = 0, length: int | None = None) -> AsyncGenerator[bytes, None]:
        """See `BlobStore.read`."""
        path = self._path(key)
        require_range(offset, length)
        with _present(key):
            file = await aiofiles.open(path, "rb", executor=self._threads)
        try:
            with _medium():
                if offset >= await file.seek(0, os.SEEK_END):
                    return  # asked first: not every file system takes a place far past the end
                await file.seek(offset)
            left = length
            while left is None or left > 0:
                with _medium():
                    piece = await file.read(_PIECE_BYTES if left is None else min(_PIECE_BYTES, left))
                if not piece:
                    return
                yield piece
                left = None if left is None else left - len(piece)
        finally:
            await file.close()

    def open(self, key: str) -> BinaryIO:
        """See `BlobStore.open`."""
        path = self._path(key)
        with _present(key):
            return path.open("rb", buffering=_PIECE_BYTES)

    async def delete(self, key: str) -> None:
        """See `BlobStore.delete`."""
        await self._threads.run(_remove, self._path(key))

    async def keys(self, prefix: str = "") -> AsyncIterator[str]:
        """See `BlobStore.keys`."""
        require_prefix(prefix)
        walk = self._walk(prefix)
        while found := await self._threads.run(_next_keys, walk):
            for key in found:
                yield key

    async def check(self) -> None:
        """See `BlobStore.check`."""
        await self._threads.run(self._check)

    async def close(self) -> None:
        """See `BlobStore.close`."""
        await asyncio.to_thread(self._threads.close)  # not in our own threads: they cannot wait for themselves

    def _path(self, key: str) -> Path:
        require_key(key)
        return self._root / key

    def _make_directory(self, directory: Path) -> None:
        """Makes `directory` and its parents, each of them safe on the disk when this returns."""
        with self._making:  # whoever finds a directory made by another call finds it flushed, too
            missing = list(itertools.takewhile(lambda each: not each.is_dir(), (directory, *directory.parents)))
            for each in reversed(missing):
                try:
                    each.mkdir(mode=0o700, exist_ok=True)
                except FileExistsError as error:  # a file of this name
                    if self._root in each.parents:
                        raise ValueError(f"{each.name} is a blob, not a directory of blobs") from error
                    raise
                _flush_directory(each.parent)

    def _promote(self, key: str, source: Path, target: Path) -> None:
        if source == target:
            if _size(source) is None:
                raise KeyError(key)
            return
        with _medium():
            if _size(source) is None:
                if _size(target) is None:
                    raise KeyError(key)
                return
            self._make_directory(target.parent)
            try:
                os.link(source, target)
            except FileExistsError:
                _require_no_directory(target)
            except FileNotFoundError:  # promoted or deleted by another call since we looked
                if _size(target) is None:
                    raise KeyError(key) from None
            _flush_directory(target.parent)
            _remove(source)

    def _walk(self, prefix: str) -> Iterator[str]:
        waiting = [prefix.rpartition("/")[0]]
        while waiting:
            directory = waiting.pop()
            try:
                entries = os.scandir(self._root / directory)
            except (FileNotFoundError, NotADirectoryError):
                continue
            with entries:
                for entry in entries:
                    key = f"{directory}/{entry.name}" if directory else entry.name
                    if entry.name.startswith(UNLISTED):
                        continue
                    if entry.is_dir(follow_symlinks=False):
                        if f"{key}/".startswith(prefix):
                            waiting.append(key)
                    elif key.startswith(prefix):
                        yield key

    def _check(self) -> None:
        probe = _Writing(self._root / f"{UNLISTED}check-{new_id()}", self._make_directory)
        try:
            probe.add(b"plugport")
            probe.place()
        finally:
            probe.discard()
            _remove(probe.target)


class _Writing:
    """A blob on its way into `target`. Blocking.

    A request that is cancelled leaves its last call running in a thread. So every call holds the lock, and `discard`
    both waits for the call that still runs and disarms those that have not begun.
    """

    def __init__(self, target: Path, make_directory: Callable[[Path], None]) -> None:
        self.target = target
        self.size = 0
        self._make_directory = make_directory
        self._temporary = target.with_name(f"{UNLISTED}incoming-{new_id()}")
        self._digest = hashlib.sha256()
        self._lock = threading.Lock()
        self._file: FileIO | None = None
        self._over = False

    @property
    def sha256(self) -> str:
        """The SHA-256 of what was added, in hex."""
        return self._digest.hexdigest()

    def add(self, piece: bytes) -> None:
        """Appends `piece`."""
        with self._lock, _medium():
            if not self._over:
                self._digest.update(piece)
                self.size += len(piece)
                file, left = self._opened(), memoryview(piece)
                while left:
                    left = left[file.write(left) :]

    def place(self) -> bool:
        """Makes what was added readable and durable. False where something had the name already; that stays."""
        with self._lock, _medium():
            if self._over:
                return False
            os.fsync(self._opened().fileno())
            try:
                os.link(self._temporary, self.target)
                placed = True
            except FileExistsError:
                _require_no_directory(self.target)
                placed = False
            self._end()
            _flush_directory(self.target.parent)
            return placed

    def discard(self) -> None:
        """Removes the temporary file. Harmless after `place`, and twice."""
        with self._lock, _medium():
            self._end()

    def _opened(self) -> FileIO:
        if self._file is None:
            self._make_directory(self.target.parent)
            self._file = FileIO(self._temporary, "xb", opener=_for_us_alone)
        return self._file

    def _end(self) -> None:
        self._over = True
        if self._file is not None:
            self._file.close()
            self._temporary.unlink(missing_ok=True)


@contextmanager
def _medium() -> Iterator[None]:
    """Turns the errors of the operating system into those that a store promises."""
    try:
        yield
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise full(str(error)) from error
        raise unavailable(str(error)) from error


@contextmanager
def _present(key: str) -> Iterator[None]:
    """As `_medium`, and a file that is not there is a missing key."""
    with _medium():
        try:
            yield
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            raise KeyError(key) from None


def _for_us_alone(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _size(path: Path) -> int | None:
    with _medium():
        try:
            found = path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        return found.st_size if file_status.S_ISREG(found.st_mode) else None


def _remove(path: Path) -> None:
    """Removes the blob at `path`, where there is one, and flushes its directory: what is gone does not come back."""
    if _size(path) is not None:
        with _medium():
            path.unlink(missing_ok=True)
            _flush_directory(path.parent)


def _flush_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _require_no_directory(target: Path) -> None:
    if target.is_dir():
        raise ValueError(f"{target.name} is the directory of other blobs")


def _next_keys(walk: Iterator[str]) -> list[str]:
    with _medium():
        return list(itertools.islice(walk, _KEYS_AT_ONCE))
