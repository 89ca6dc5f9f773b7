"""The reserve: a file whose only use is to be deleted when the disk is full, so that acks fit (S16, Q8)."""

import errno
import os
import stat
from pathlib import Path

from synqd.models.errors import StorageUnavailable
from synqd.runtime import statefiles

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class Reserve:
    """Blocks of disk kept back beside the queue file; ``size`` 0 switches it off."""

    def __init__(self, queue_path: Path, size: int) -> None:
        self._path = queue_path.with_name(queue_path.name + ".reserve")
        self._size = size
        self.freed = False
        """Whether the space was given away and could not be taken back yet."""

    def __repr__(self) -> str:
        return f"Reserve({self._path}, {self._size} bytes{', freed' if self.freed else ''})"

    def free(self) -> None:
        """Give the space away."""
        self._path.unlink(missing_ok=True)
        self.freed = bool(self._size)

    def renew(self) -> bool:
        """Take the space back if the disk has it and a quarter more: not to lose it at once again.

        Raises: StorageUnavailable if something else than room is missing.
        """
        if not self._size or self.held():
            self.freed = False
            return True
        self.freed = not (self._has_room() and self._allocate())
        return not self.freed

    def held(self) -> int:
        """Bytes that are kept back now."""
        try:
            status = self._path.lstat()
        except FileNotFoundError:
            return 0
        ours = stat.S_ISREG(status.st_mode) and status.st_nlink == 1  # else deleting it would free nothing
        return status.st_size if ours else 0

    def _has_room(self) -> bool:
        disk = os.statvfs(self._path.parent)
        return disk.f_bavail * disk.f_frsize >= self._size * 5 // 4

    def _allocate(self) -> bool:
        # Under a second name first: a half-allocated file would pass for a whole one after a crash.
        draft = self._path.with_name(self._path.name + ".new")
        try:
            draft.unlink(missing_ok=True)
            descriptor = statefiles.make(draft)
            try:
                os.posix_fallocate(descriptor, 0, self._size)
            finally:
                os.close(descriptor)
            draft.rename(self._path)
        except OSError as error:
            draft.unlink(missing_ok=True)
            if error.errno in _NO_ROOM:
                return False
            raise StorageUnavailable(f"cannot keep back {self._path}: {error.strerror}") from error
        return True
