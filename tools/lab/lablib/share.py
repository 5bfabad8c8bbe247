# SPDX-License-Identifier: GPL-2.0
"""The folder that the machine, L1 and L2 share, and what must be copied into it."""

import json
import shutil
import tempfile
from pathlib import Path

from .errors import usage_error

IN_GUESTS = Path("/run/lab")   # writable in L1 and in L2
# L1 and L2 mount their own file systems there, so the machine's files are out of sight.
HIDDEN = tuple(map(Path, ("/tmp", "/run", "/dev", "/proc", "/sys")))


class Share:
    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="pvio-lab-"))
        self.out = self.folder / "out"
        for name in ("out", "files", "steps"):
            (self.folder / name).mkdir()

    def visible(self, path):
        """The path of a file of the machine as L1 and L2 see it."""
        path = Path(path).resolve()
        if not hidden(path):
            return str(path)
        number = len(list((self.folder / "files").iterdir()))
        copy = self.folder / "files" / str(number) / path.name
        copy.parent.mkdir()
        shutil.copy2(path, copy)
        return str(IN_GUESTS / copy.relative_to(self.folder))

    def write_plan(self, plan):
        (self.folder / "plan.json").write_text(json.dumps(plan, indent=1))

    def keep(self, target):
        """Copies the results to TARGET, over older ones."""
        shutil.copytree(self.out, target, dirs_exist_ok=True)

    def remove(self):
        shutil.rmtree(self.folder, ignore_errors=True)


def hidden(path):
    return any(path.is_relative_to(place) for place in HIDDEN)


def check_in_sight(folder):
    """Folders are not copied."""
    if hidden(Path(folder).resolve()):
        raise usage_error(f"{folder}: L1 and L2 cannot see it there, move it elsewhere")
