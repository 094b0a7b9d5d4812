"""What tests make of the machine: one that is busy; file systems that are read-only, full, without locks; a
user to whom things are forbidden; or a skip."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import contextmanager

import pytest

NO_LOCKS = """
#include <errno.h>
#include <fcntl.h>
int flock(int file, int operation) { errno = %s; return -1; }
"""


@contextmanager
def busy(n):
    """So many programs that do nothing but take time."""
    loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(n)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def mounted(*mount):
    """What starts a program that alone sees a mount: `mounted("--bind", "-o", "ro", path, path)`."""
    script = 'n=$1; shift; options=""; while [ "$n" -gt 0 ]; do options="$options $1"; shift; n=$((n - 1)); done; '
    script += 'mount $options && exec "$@"'
    within = ["unshare", "--mount", "sh", "-c", script, "sh", str(len(mount)), *map(str, mount)]
    tried = (
        subprocess.run([*within, "true"], capture_output=True, text=True, check=False)
        if shutil.which("unshare")
        else None
    )
    if tried is None or tried.returncode:
        pytest.skip(f"no mounts may be made here: {tried.stderr.strip() if tried else 'there is no unshare'}")
    return within


def own_rights():
    """What starts a program with no more rights than others have: to root nothing is forbidden."""
    if os.geteuid() != 0:
        return []
    if not shutil.which("setpriv"):
        pytest.skip("root needs setpriv to have no more rights than others")
    return ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]


def without_locks(folder, error="ENOLCK"):
    """The environment of a program whose file systems refuse every lock with an error, as some of networks do."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("there is no C compiler to make a system without locks with")
    source, library = folder / f"{error}.c", folder / f"{error}.so"
    source.write_text(NO_LOCKS % error, encoding="ascii")
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, source], check=True)
    return {"LD_PRELOAD": str(library)}
