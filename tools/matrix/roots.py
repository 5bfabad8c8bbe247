# SPDX-License-Identifier: GPL-2.0
"""One folder per kernel: its headers and compiler, to build in, and its image.

<cache>/<series>/root    headers, compiler, make
<cache>/<series>/image   boot/vmlinuz-*, lib/modules/*
<cache>/<series>/about   what was unpacked (JSON), written last
<cache>/<series>-source  linux-source-*.tar.xz, where a kernel is to be built

mmdebstrap unpacks packages and what they depend on; none of their scripts
runs. Mirror, proxies and time-outs are those of the machine's own apt.
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

from kernels import SERIES, PrepareError, cache, package

KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg'

# What Kbuild's recipes call beside the compiler; perl for kernel-doc at W=1.
TOOLS = ['make', 'binutils', 'dash', 'bash', 'coreutils', 'sed', 'grep', 'mawk', 'findutils',
         'diffutils', 'perl']

# /bin and the like as links: packages of old and new releases then fit together.
MERGE_USR = ('for name in bin sbin lib lib64; do '
             'mkdir -p "$1/usr/$name" && ln -s "usr/$name" "$1/$name"; done')
# Parts of usr/share that make up a tenth of a root.
UNUSED = ('doc', 'info', 'locale', 'man')

# $1 root, $2 source tree; the rest is the command. The mounts belong to the
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
def alone(operation=fcntl.LOCK_EX):
    """Two runs at once must not unpack into one folder."""
    cache().mkdir(parents=True, exist_ok=True)
    with open(cache() / '.lock', 'w') as lock:
        fcntl.flock(lock, operation)
        yield


def unchanged():
    """Nor must a folder be replaced while modules are built in it, side by side."""
    return alone(fcntl.LOCK_SH)


def about(series):
    """What is unpacked for a series, or None."""
    try:
        return json.loads((cache() / series / 'about').read_text())
    except FileNotFoundError:
        return None


def prepare_headers(series):
    """Unpacks headers and compiler unless they are there; returns about(series)."""
    with alone():
        if about(series):
            return about(series)
        with building(cache() / series) as folder:
            unpack(series, [package(series, 'headers'), *TOOLS], folder / 'root')
            make_enterable(folder / 'root')
            entry = describe(folder / 'root')
            (folder / 'about').write_text(json.dumps(entry, indent=1) + '\n')
        return about(series)


class OtherRelease(PrepareError):
    """The mirror's kernel is not the one that headers were unpacked of."""


def prepare_image(series):
    """Unpacks the kernel image, of the headers' release; returns its folder.

    Headers that the mirror has newer ones of are unpacked anew.
    """
    try:
        return unpack_image(series, prepare_headers(series)['release'])
    except OtherRelease as e:
        progress(f'matrix: {series}: {e}')
        with alone():
            shutil.rmtree(cache() / series)
        return unpack_image(series, prepare_headers(series)['release'])


def unpack_image(series, release):
    folder = cache() / series / 'image'
    with alone():
        if not folder.exists():
            with building(folder) as new:
                unpack(series, [package(series, 'image')], new)
                complete_image(new, release)
        return folder


def prepare_source(series):
    """Fetches the kernel's source package; returns the archive that is in it."""
    folder = cache() / f'{series}-source'
    with alone():
        if not folder.exists():
            with building(folder) as new:
                unpack(series, [package(series, 'source')], new / 'root')
                for archive in (new / 'root/usr/src').glob('linux-source-*.tar.xz'):
                    archive.rename(new / archive.name)
                shutil.rmtree(new / 'root')
    archives = list(folder.glob('*.tar.xz'))
    if len(archives) != 1:
        raise PrepareError(f'the source of {series} is {len(archives)} archives, not one')
    return archives[0]


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


def run(argv):
    """Runs argv, returns its output; a failure becomes one line."""
    try:
        done = subprocess.run([str(a) for a in argv], text=True, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    except FileNotFoundError as e:
        raise PrepareError(f'{e.filename} is not installed')
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.startswith('E: ')]
        lines = lines or done.stderr.splitlines() or [f'exit status {done.returncode}']
        raise PrepareError(f'{Path(argv[0]).name}: {lines[0].removeprefix("E: ")}')
    return done.stdout


def unpack(series, names, root):
    """The packages and all that they depend on, unpacked below root."""
    progress(f'matrix: {series}: unpacking {names[0]} and what it needs')
    settings = ['APT::Install-Recommends "false";', *connection()]
    options = [f'--aptopt={line}' for line in settings]
    run(['mmdebstrap', '--quiet', '--variant=extract', *options,
         f'--setup-hook={MERGE_USR}', f'--include={",".join(names)}',
         SERIES[series][-1], root, *sources(series)])


def make_enterable(root):
    """What is mounted over, and what a script of mawk's would have linked."""
    for name in ('proc', 'dev', 'tmp', 'src'):
        (root / name).mkdir(exist_ok=True)
    (root / 'dev/null').unlink(missing_ok=True)
    (root / 'dev/null').touch()
    (root / 'usr/bin/awk').symlink_to('mawk')
    for name in UNUSED:
        shutil.rmtree(root / 'usr/share' / name, ignore_errors=True)


def connection():
    """How the machine's apt reaches its mirror, and what it checks."""
    lines = run(['apt-config', 'dump']).splitlines()
    return [line for line in lines if re.match(r'Acquire::[\w:-]+ ', line)
            and not line.startswith(('Acquire::IndexTargets', 'Acquire::Languages'))]


def sources(series):
    """Lines of a sources.list for the suites, from the machine's own mirrors."""
    text = run(['apt-get', 'indextargets', '--format', '$(LABEL) $(REPO_URI)',
                'Created-By: Packages', 'Origin: Debian', 'Component: main'])
    mirrors = dict(line.split(' ', 1) for line in text.splitlines())
    lines = []
    for suite in SERIES[series]:
        label = 'Debian-Security' if suite.endswith('-security') else 'Debian'
        if label not in mirrors:
            raise PrepareError(f"apt knows no {label} archive (component main): add one to "
                               "its sources and run 'apt-get update'")
        lines.append(f'deb [signed-by={KEYRING}] {mirrors[label]} {suite} main')
    return lines


def describe(root):
    """What was unpacked: the release, and the compiler that its kernel was built with."""
    folders = [path for path in (root / 'usr/src').glob('linux-headers-*-amd64')]
    if len(folders) != 1:
        raise PrepareError(f'{len(folders)} sets of headers were unpacked, not one')
    release = folders[0].name.removeprefix('linux-headers-')
    config = (folders[0] / '.config').read_text()
    found = re.search(r'^CONFIG_CC_VERSION_TEXT="([^ "]+)', config, re.M)
    if not found:
        raise PrepareError(f'the headers of {release} do not name their compiler')
    return {'release': release, 'cc': found[1], 'compiler': compiler_version(root, found[1])}


def compiler_version(root, cc):
    with tempfile.TemporaryDirectory(prefix='pvio-matrix-') as empty:
        done = enter(root, empty, [cc, '--version'])
    if done.returncode:
        raise PrepareError(f'{cc} does not run: {done.stdout.strip() or done.returncode}')
    return done.stdout.splitlines()[0]


def complete_image(root, release):
    """What the packages' scripts would have done."""
    modules = root / 'lib/modules' / release
    if not modules.is_dir():
        raise OtherRelease(f'the mirror has a newer kernel than {release}')
    if not (root / 'boot' / f'vmlinuz-{release}').exists():
        (root / 'boot').mkdir(exist_ok=True)
        (root / 'boot' / f'vmlinuz-{release}').symlink_to(f'../usr/lib/modules/{release}/vmlinuz')
        if not (modules / 'vmlinuz').exists():
            raise PrepareError(f'the image packages of {release} hold no vmlinuz')
    run([shutil.which('depmod', path='/usr/sbin:/sbin') or 'depmod', '-b', root, release])


def enter(root, source, argv):
    """Runs argv in root, with the folder source as /src.

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
