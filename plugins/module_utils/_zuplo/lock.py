# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""One run at a time on a project.

The lock is on the directory itself, so it leaves no file, and the operating system releases it when a run is killed.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
import typing as t

from .._errors import ProjectError

SECONDS = 60.0
"""How long a run waits for another one."""
_PAUSE = 0.05


@contextlib.contextmanager
def lock(project_dir: str) -> t.Iterator[bool]:
    """Yields whether no other run can be in here: some network file systems have no locks.

    Raises ProjectError where another run does not end in time.
    """
    try:
        descriptor = os.open(project_dir, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:  # what is wrong with the directory is for its reader to say
        yield False
        return
    try:
        yield _acquire(descriptor, project_dir)
    finally:
        os.close(descriptor)


def _acquire(descriptor: int, project_dir: str) -> bool:
    end = time.monotonic() + SECONDS
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > end:
                raise ProjectError(
                    f"has been locked by another run of zuplo_mcp_oauth for more than {SECONDS:.0f} seconds",
                    where=f"project_dir {project_dir!r}",
                    remedy="Run again when that run has ended.",
                ) from None
            time.sleep(_PAUSE)
        except OSError:
            return False
        else:
            return True
