#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# packaging/install: what can go wrong, and the host's package, on L1. See lib.sh.
# shellcheck disable=SC2317 # functions are called by name
set -u
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# The clone may lie where only root may go.
needs_root() {
	local copy
	copy=$(mktemp -d)
	(cd "$project" && cp -r --parents -t "$copy" VERSION packaging host-shim/dkms.conf)
	chmod -R a+rX "$copy"
	fails_with 'must be run as root' setpriv --reuid 65534 --clear-groups \
		"$copy/packaging/install" install host
}

needs_headers() {
	fails_with 'linux-headers-9.9.9' "$install" install guest --kernel 9.9.9
	nothing_left
}

install_broken() {
	fails_with 'broken on purpose' "$work/broken/packaging/install" install host
}

failed_build() {
	mkdir "$work/broken"
	cp -r "$project"/{Kbuild,VERSION,dkms.conf,packaging,pvio,host-shim} "$work/broken"
	# at once: that it was not a compiler's makes no difference
	cat >> "$work/broken/host-shim/dkms.conf" <<- 'END'
		MAKE="echo 'error: broken on purpose'; false"
		CLEAN=true
	END
	install_broken
	nothing_left
}

installs() {
	"$install" install host
	in_updates pvio_host
	grep -x pvio_host /etc/modules-load.d/pvio-host.conf
}

again() {
	local before
	before=$(stat -c '%i %Y' "$updates"/*)
	"$install" install host
	[ "$(stat -c '%i %Y' "$updates"/*)" = "$before" ] || fail "it was built again"
}

keeps_old() {
	install_broken
	in_updates pvio_host
	grep -x pvio_host /etc/modules-load.d/pvio-host.conf
	dkms status pvio-host | grep ": installed$"
}

loads() {
	[ -c /dev/kvm ] || ktap_skip "no KVM"
	modprobe pvio_host
	[ -d /sys/module/pvio_host ]
}

uninstalls() {
	"$install" uninstall host
	nothing_left
	[ ! -d /sys/module/pvio_host ]
}

uninstalls_again() {
	"$install" uninstall host
	nothing_left
}

setup kvm kvm_amd kvm_intel
ktap_plan 9
ktap_test "install needs root, and says so" needs_root
ktap_test "install names the missing headers" needs_headers
ktap_test "a failed build leaves nothing behind" failed_build
ktap_test "the host package is built and found by modinfo" installs
ktap_test "a second install builds nothing" again
ktap_test "an update that fails keeps the old one" keeps_old
ktap_test "pvio_host loads" loads
ktap_test "uninstall unloads it and leaves nothing behind" uninstalls
ktap_test "uninstall can be repeated" uninstalls_again
ktap_end
