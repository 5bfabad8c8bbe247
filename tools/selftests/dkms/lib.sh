# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034 # used by those who source it
# For the tests of packaging/install, which change the system for real: only in
# the lab, where the system's own files lie under an overlay that nobody keeps.
# shellcheck source=../lib/ktap.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/ktap.sh"
# shellcheck source=unsigned.sh
. "$(dirname "${BASH_SOURCE[0]}")/unsigned.sh"

project=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
install=$project/packaging/install
kernel=$(uname -r)
image=/boot/initrd.img-$kernel
modules=/lib/modules/$kernel
updates=$modules/updates/dkms
hooks=/usr/share/initramfs-tools/hooks

# setup MODULE...: of the kernel's modules leave only these and what they need,
# in RAM: for thousands of them depmod takes half a minute in an emulated guest
setup() {
	[ -n "${LAB-}" ] || ktap_skip_all "changes the system: for the lab only"
	command -v dkms > /dev/null || ktap_skip_all "dkms is not installed"
	[ -e "$modules/build/include" ] ||
		ktap_skip_all "no headers for kernel $kernel"
	work=$(mktemp -d)
	trap 'umount "$modules" $hooks; rm -rf "$work"' EXIT
	keep_modules "$@"
	quicken
	files > "$work/before"
}

keep_modules() {
	local few=$work/few-modules
	mkdir "$few"
	# shellcheck disable=SC2046 # files
	(cd "$modules" && cp -a --parents build modules.builtin* modules.order \
		$(modprobe -S "$kernel" --show-depends -a "$@" |
			sed -n "s|^insmod $modules/||p" | sort -u) "$few")
	mount --bind "$few" "$modules"
	depmod
}

# No debug information, which DKMS strips; in the initramfs only what our hook
# puts there.
quicken() {
	export KCFLAGS=-g0
	mkdir -p /run/no-hooks
	printf '%s\n' MODULES=list BUSYBOX=n COMPRESS=gzip COMPRESSLEVEL=1 \
		> /etc/initramfs-tools/conf.d/selftest
	mount --bind /run/no-hooks $hooks
	# one that gets refreshed
	[ -e "$image" ] || : > "$image"
}

files() {
	# what is in them: that a system has them at all, or not, is its own affair
	find /usr/src /usr/sbin /usr/lib/pvio /usr/share/man/man8 \
		/usr/share/bash-completion/completions /etc/modules-load.d /etc/modprobe.d /etc/initramfs-tools /boot \
		/var/lib/dkms "$modules" -mindepth 1 -path '/usr/src/linux-*' -prune -o \
		-print 2> /dev/null | sort
	md5sum "$modules/modules.dep"
}

nothing_left() { files | diff "$work/before" -; }

# in_updates MODULE...: modprobe takes them from where DKMS puts them
in_updates() {
	local module
	for module; do
		modinfo -F filename "$module" | grep -x "$updates/$module\.ko.*"
	done
}

# fails_with TEXT COMMAND...: with one line on the error and one on what was undone
fails_with() {
	local text=$1 said
	shift
	! said=$("$@" 2>&1) || fail "it did not fail"
	echo "$said"
	[ "$(grep -c '^packaging/install: ' <<< "$said")" -le 2 ]
	grep -q "^packaging/install: .*$text" <<< "$said"
}
