# SPDX-License-Identifier: GPL-2.0
"""One folder per kernel: its headers and compiler, to build in, and its image.

<cache>/<series>/root    headers, compiler, make
<cache>/<series>/image   boot/vmlinuz-*, lib/modules/*
<cache>/<series>/about   what was unpacked (JSON), written last
"""

import contextlib
import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from archive import Archive, command, newer
from kernels import SERIES, PrepareError, cache

# What Kbuild's recipes call beside the compiler; perl for kernel-doc at W=1.
TOOLS = ['make', 'binutils', 'dash', 'bash', 'coreutils', 'sed', 'grep', 'mawk', 'findutils',
         'diffutils', 'perl']

# What an image depends on to be installed and booted, and what neither a build nor
# the lab needs: taken for present.  The headers of some releases depend on the image.
BOOT_ONLY = [(name, '999') for name in ('linux-base', 'initramfs-tools', 'kmod')]

# Parts of usr/share that make up a tenth of a root.
UNUSED = ['doc', 'info', 'locale', 'man']

# $1 root, $2 source tree; the rest is the command.  The mounts belong to the
# private namespace that unshare has made, so they end with it.
ENTER = '''
PATH=$PATH:/usr/sbin:/sbin
mount -t proc proc "$1/proc" && mount -t tmpfs tmpfs "$1/tmp" &&
mount --bind /dev/null "$1/dev/null" && mount --bind "$2" "$1/src" || exit 125
root=$1; shift 2
exec chroot "$root" "$@"
'''
CANNOT_ENTER = 125


def progress(text):
    print(text, file=sys.stderr, flush=True)


@contextlib.contextmanager
def alone():
    """Two runs at once must not unpack into one folder."""
    cache().mkdir(parents=True, exist_ok=True)
    with open(cache() / '.lock', 'w') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def about(series):
    """What is unpacked for a series, or None."""
    try:
        return json.loads((cache() / series / 'about').read_text())
    except FileNotFoundError:
        return None


class Preparer:
    """Makes kernels ready; lists of packages are fetched once per Preparer."""

    def __init__(self):
        self.work = tempfile.TemporaryDirectory(prefix='pvio-matrix-')
        self.archives = {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.work.cleanup()

    def archive(self, suites):
        if suites not in self.archives:
            progress(f'matrix: reading the package lists of {" ".join(suites)}')
            self.archives[suites] = Archive(suites, Path(self.work.name) / '-'.join(suites))
        return self.archives[suites]

    def headers(self, series):
        """Unpack headers and compiler unless they are there; returns about(series)."""
        with alone():
            return about(series) or self._new_root(series)

    def image(self, series):
        """Unpack the kernel image of the same release; returns its folder."""
        self.headers(series)
        with alone():
            folder = cache() / series / 'image'
            if not folder.exists():
                self._new_image(series, folder)
            return folder

    def _newest(self, series):
        """(suites, release, version) over all sets of suites; one of them may fail."""
        best, failures = None, []
        for suites in SERIES[series]:
            try:
                found = self.archive(suites).newest_headers(series)
            except PrepareError as e:
                failures.append(f'{" ".join(suites)}: {e}')
                progress(f'matrix: {failures[-1]}')
                continue
            if found and (not best or newer(found[1], best[2])):
                best = (suites, *found)
        if not best:
            raise PrepareError('; '.join(failures) or f'the mirror has no {series} headers')
        return best

    def _new_root(self, series):
        suites, release, version = self._newest(series)
        archive = self.archive(suites)
        packages = archive.closure([f'linux-headers-{release}', *TOOLS],
                                   [*BOOT_ONLY, (f'linux-image-{release}', version)])
        with building(cache() / series) as folder:
            root = empty_root(folder / 'root')
            progress(f'matrix: {series}: unpacking {release} ({version}), {len(packages)} packages')
            archive.unpack(packages, root)
            for name in UNUSED:
                shutil.rmtree(root / 'usr/share' / name, ignore_errors=True)
            (root / 'usr/bin/awk').symlink_to('mawk')
            entry = {'release': release, 'version': version, 'suites': suites,
                     'cc': kernel_compiler(root, release)}
            entry['compiler'] = compiler_version(root, entry['cc'])
            (folder / 'about').write_text(json.dumps(entry, indent=1) + '\n')
        return about(series)

    def _new_image(self, series, folder):
        entry = about(series)
        release = entry['release']
        archive = self.archive(tuple(entry['suites']))
        try:
            packages = archive.closure([f'linux-image-{release}'], BOOT_ONLY)
        except PrepareError as e:
            raise PrepareError(f'{e} (if the mirror has a newer one by now, '
                               f'remove {cache() / series} and start again)')
        with building(folder) as new:
            merge_usr(new, ['lib'])
            progress(f'matrix: {series}: unpacking the image of {release}')
            archive.unpack(packages, new)
            complete_image(new, release)


@contextlib.contextmanager
def building(folder):
    """A new folder that takes its name only when all went well."""
    new = folder.with_name(folder.name + '.new')
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    try:
        yield new
        shutil.rmtree(folder, ignore_errors=True)
        new.rename(folder)
    finally:
        shutil.rmtree(new, ignore_errors=True)


def merge_usr(root, names):
    """/bin and the like as symlinks: packages of old and new releases then fit together."""
    for name in names:
        (root / 'usr' / name).mkdir(parents=True)
        (root / name).symlink_to(f'usr/{name}')


def empty_root(root):
    merge_usr(root, ['bin', 'sbin', 'lib', 'lib64'])
    for name in ('proc', 'dev', 'tmp', 'src'):
        (root / name).mkdir()
    (root / 'dev/null').touch()
    return root


def kernel_compiler(root, release):
    """Name of the compiler that built the kernel, as its configuration says."""
    config = (root / f'usr/src/linux-headers-{release}/.config').read_text()
    found = re.search(r'^CONFIG_CC_VERSION_TEXT="([^ "]+)', config, re.M)
    if not found:
        raise PrepareError(f'the headers of {release} do not name their compiler')
    return found[1]


def compiler_version(root, cc):
    with tempfile.TemporaryDirectory(prefix='pvio-matrix-') as empty:
        done = enter(root, empty, [cc, '--version'])
    if done.returncode:
        raise PrepareError(f'{cc} does not run: {done.stdout.strip() or done.returncode}')
    return done.stdout.splitlines()[0]


def complete_image(root, release):
    """What the packages' scripts would have done."""
    modules = root / 'lib/modules' / release
    if not (root / 'boot' / f'vmlinuz-{release}').exists():
        (root / 'boot').mkdir(exist_ok=True)
        (root / 'boot' / f'vmlinuz-{release}').symlink_to(f'../usr/lib/modules/{release}/vmlinuz')
        if not (modules / 'vmlinuz').exists():
            raise PrepareError(f'the image packages of {release} hold no vmlinuz')
    command(['depmod', '-b', root, release],
            env=dict(os.environ, PATH=os.environ['PATH'] + ':/usr/sbin:/sbin'))


def enter(root, source, argv):
    """Run argv in root, with the folder source as /src.

    Killing this process kills unshare, and that all of the namespace: nothing
    is left running or mounted, however it ends.
    """
    user = [] if os.geteuid() == 0 else ['--user', '--map-root-user']
    clean = ['env', '-i', 'PATH=/usr/sbin:/usr/bin:/sbin:/bin', 'LC_ALL=C.UTF-8']
    done = subprocess.run(
        ['setpriv', '--pdeathsig', 'KILL',
         'unshare', *user, '--mount', '--pid', '--fork', '--kill-child',
         'sh', '-c', ENTER, 'enter', str(root), str(source), *clean, *argv],
        text=True, errors='replace', stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode == CANNOT_ENTER or done.stdout.startswith('unshare:'):
        raise PrepareError(f'cannot mount in a namespace of its own: {done.stdout.strip()}')
    return done
