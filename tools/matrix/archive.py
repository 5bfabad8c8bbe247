# SPDX-License-Identifier: GPL-2.0
"""Debian's archive through a private apt, which leaves the machine's own alone.

Mirror, proxy and time-outs come from the machine's apt configuration; only the
suite is replaced.  Signatures are checked against debian-archive-keyring.
"""

import os
import re
import subprocess
from pathlib import Path

from kernels import FLAVOUR, PrepareError

KEYRINGS = ('/usr/share/keyrings/debian-archive-keyring.gpg',
            '/usr/share/keyrings/debian-archive-keyring.pgp')


def command(argv, **kwargs):
    """Run argv, return its output; a failure becomes one line."""
    try:
        done = subprocess.run([str(a) for a in argv], text=True, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, **kwargs)
    except FileNotFoundError as e:
        raise PrepareError(f'{e.filename} is not installed')
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.startswith('E: ')]
        lines = lines or done.stderr.splitlines() or [f'exit status {done.returncode}']
        raise PrepareError(f'{Path(argv[0]).name}: {lines[0].removeprefix("E: ")}')
    return done.stdout


def newer(version, than):
    return subprocess.run(['dpkg', '--compare-versions', version, 'gt', than]).returncode == 0


def mirrors():
    """URIs of the machine's Debian archive and of its security archive, by label."""
    text = command(['apt-get', 'indextargets', '--format', '$(LABEL) $(REPO_URI)',
                    'Created-By: Packages', 'Origin: Debian', 'Component: main'])
    found = {}
    for line in text.splitlines():
        label, uri = line.split(' ', 1)
        found.setdefault(label, uri)
    if 'Debian' not in found:
        raise PrepareError("apt knows no Debian archive (component main): "
                           "add one to its sources and run 'apt-get update'")
    return found


def keyring():
    for path in KEYRINGS:
        if os.path.exists(path):
            return path
    raise PrepareError('the package debian-archive-keyring is not installed')


def source_line(suite, uris):
    label = 'Debian-Security' if suite.endswith('-security') else 'Debian'
    if label not in uris:
        raise PrepareError(f'{suite}: the machine has no apt source of Debian security')
    return f'deb [signed-by={keyring()}] {uris[label]} {suite} main\n'


def acquire_settings():
    """How the machine reaches its mirror (proxies, retries), but no list of indexes."""
    dump = command(['apt-config', 'dump']).splitlines()
    return [line for line in dump if line.startswith('Acquire::')
            and not line.startswith(('Acquire::IndexTargets', 'Acquire::Languages'))]


class Archive:
    """The packages of some suites, seen from a machine with nothing installed."""

    def __init__(self, suites, folder):
        self.folder = Path(folder)
        for sub in ('lists/partial', 'cache/archives/partial'):
            (self.folder / sub).mkdir(parents=True, exist_ok=True)
        (self.folder / 'status').touch()
        uris = mirrors()
        (self.folder / 'sources.list').write_text(''.join(source_line(s, uris) for s in suites))
        (self.folder / 'apt.conf').write_text('\n'.join(self._config()) + '\n')
        self._update()

    def _config(self):
        # APT_CONFIG is read before the machine's configuration folder, so this
        # keeps that folder's hooks and pins out.  apt's own unprivileged user
        # could not write below a home directory.
        own = {'Dir::State': self.folder, 'Dir::State::status': self.folder / 'status',
               'Dir::State::lists': self.folder / 'lists', 'Dir::Cache': self.folder / 'cache',
               'Dir::Etc::sourcelist': self.folder / 'sources.list',
               'APT::Architecture': FLAVOUR, 'APT::Sandbox::User': 'root',
               'APT::Install-Recommends': 'false', 'Acquire::Languages': 'none'}
        nothing = ('main', 'parts', 'sourceparts', 'preferences', 'preferencesparts')
        own.update({'Dir::Etc::' + name: '/dev/null' for name in nothing})
        return acquire_settings() + [f'{key} "{value}";' for key, value in own.items()]

    def _apt(self, *argv, **kwargs):
        env = dict(os.environ, APT_CONFIG=str(self.folder / 'apt.conf'), LC_ALL='C.UTF-8')
        return command(argv, env=env, **kwargs)

    def _update(self):
        try:
            self._apt('apt-get', '-q', '-o', 'APT::Update::Error-Mode=any', 'update')
        except PrepareError as e:
            if 'is not signed' in str(e) or 'NO_PUBKEY' in str(e):
                raise PrepareError('signed with a key that debian-archive-keyring lacks: '
                                   'upgrade that package')
            raise

    def newest_headers(self, series):
        """(release, package version) of the newest plain kernel of a series, or None."""
        name = r'linux-headers-(%s\.[0-9][^ ]*)-%s' % (re.escape(series), FLAVOUR)
        names = [n for n in self._apt('apt-cache', 'pkgnames', 'linux-headers-').split()
                 if re.fullmatch(name, n) and not re.search('-(cloud|rt)-', n)]
        if not names:
            return None
        rows = [[f.strip() for f in line.split('|')]
                for line in self._apt('apt-cache', 'madison', *names).splitlines()]
        package, version = rows[0][:2]
        for other in rows[1:]:
            if newer(other[1], version):
                package, version = other[:2]
        return package.removeprefix('linux-headers-'), version

    def closure(self, packages, present=()):
        """Names of the packages and of all they depend on, less those in present.

        present has (name, version) pairs that apt is to take for installed.
        """
        (self.folder / 'status').write_text(''.join(
            f'Package: {name}\nStatus: install ok installed\nVersion: {version}\n'
            f'Architecture: {FLAVOUR}\nMulti-Arch: foreign\nMaintainer: none\nDescription: none\n\n'
            for name, version in present))
        plan = self._apt('apt-get', '-s', '-qq', 'install', *packages)
        return [line.split()[1] for line in plan.splitlines() if line.startswith('Inst ')]

    def unpack(self, packages, root):
        """Download the packages and unpack them below root; no script of theirs runs."""
        archives = self.folder / 'cache' / 'debs'
        archives.mkdir(exist_ok=True)
        self._apt('apt-get', '-q', '-o', 'Acquire::Retries=3', 'download', *packages, cwd=archives)
        for deb in sorted(archives.iterdir()):
            command(['dpkg', '-x', deb, root])
            deb.unlink()
