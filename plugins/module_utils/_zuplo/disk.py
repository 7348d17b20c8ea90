# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""One file on the disk: read only where it is one, and what it has besides its text."""

from __future__ import annotations

import os
import stat
import typing as t

MAX_BYTES = 64 * 2**20
_KINDS = (
    (stat.S_ISDIR, "is a directory"),
    (stat.S_ISFIFO, "is a named pipe"),
    (stat.S_ISSOCK, "is a socket"),
    (stat.S_ISCHR, "is a device"),
    (stat.S_ISBLK, "is a device"),
)


class FileError(Exception):
    """Why a path is not read or written: the end of a sentence that begins with the path."""


def read_file(path: str) -> bytes | None:
    """None where there is no file. Raises OSError, and FileError for what is no file; never waits for a writer."""
    try:
        _check_kind(os.stat(path))  # opening a device can have an effect
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)
    except FileNotFoundError:
        return None
    with open(descriptor, "rb") as file:
        _check_kind(os.fstat(descriptor))
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise FileError(f"is larger than {MAX_BYTES // 2**20} MiB")
    return content


def _check_kind(found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise FileError(
            f"{next((text for test, text in _KINDS if test(found.st_mode)), 'is of another kind')}, no file"
        )


def identify(path: str) -> tuple[int, ...] | None:
    """What changes when the file is written or replaced; None where there is none. Raises OSError."""
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def is_within(path: str, folder: str) -> bool:
    """Both without links."""
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def describe(error: OSError | FileError) -> str:
    """What an error means, in the words of the operating system."""
    if isinstance(error, FileError):
        return f"it {error}"
    return os.strerror(error.errno) if error.errno else "the operating system gives no reason"


def copy_attributes(source: str, copy: str) -> list[str]:
    """Owner, group, mode, extended attributes and ACLs; returns those that could not be copied. Raises OSError.

    Python reads extended attributes and ACLs on Linux only.
    """
    lost = [] if _copy_owner(os.stat(source), copy) else ["its owner or group"]
    os.chmod(copy, stat.S_IMODE(os.stat(source).st_mode))
    return [*lost, *(_copy_extended(source, copy) if hasattr(os, "listxattr") else [])]


def _copy_owner(like: os.stat_result, copy: str) -> bool:
    own = os.stat(copy)
    if (own.st_uid, own.st_gid) == (like.st_uid, like.st_gid):
        return True
    for owner in (like.st_uid, -1):
        try:
            os.chown(copy, owner, like.st_gid)
        except OSError:
            continue
        return owner == like.st_uid
    return False


def _copy_extended(source: str, copy: str) -> list[str]:
    wanted, found = _read_extended(source), _read_extended(copy)
    lost = []
    for name in sorted(wanted.keys() | found.keys()):
        try:
            if name not in wanted:
                os.removexattr(copy, name)  # inherited from the folder
            elif wanted[name] != found.get(name):
                os.setxattr(copy, name, wanted[name])
        except OSError:
            lost.append("its ACL" if name.startswith("system.posix_acl") else f"its extended attribute {name}")
    return lost


def _read_extended(path: str) -> t.Mapping[str, bytes]:
    try:
        return {name: os.getxattr(path, name) for name in os.listxattr(path)}
    except OSError:  # a file system without them
        return {}
