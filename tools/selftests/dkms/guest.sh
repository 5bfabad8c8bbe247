#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# packaging/install: the guest's package, on L1, which has an IDE disk and is
# itself a virtual machine. DKMS has built it before, see build-guest; compiling
# is for host.sh. See lib.sh.
# shellcheck disable=SC2317 # functions are called by name
set -u
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

archive=$project/build/dkms/guest.tar.gz
ports=/sys/kernel/debug/pvblk_ata/ports

takes_archive() {
	dkms ldtarball "$archive"
	dkms status pvio | grep ": built$"
}

installs() {
	"$install" install guest
	in_updates pvio pvblk_ata pve1000 pvelv pvquiet
	printf 'pvelv\npvquiet\npvblk\n' | diff - /etc/modules-load.d/pvio.conf
	dkms status pvio | grep ": installed$"
}

initramfs_loads() {
	local module
	unmkinitramfs "$image" "$work/initramfs"
	cd "$work/initramfs" || return
	for module in updates/dkms/{pvio,pvblk_ata,pvelv,pvquiet} kernel/drivers/ata/libata; do
		find . -path "*/lib/modules/$kernel/$module.ko*" | grep .
	done
	grep -x pvblk_ata conf/modules
	grep -x pvelv conf/modules
	grep -x pvquiet conf/modules
}

# A system that does not run, such as one in a folder
boot_files_are_the_same() {
	local root=$work/root file
	refused "$install" boot-files guest "$work/nothing"
	mkdir -p "$root/etc" "$root/usr/share/initramfs-tools"
	"$install" boot-files guest "$root"
	cd "$root" || return
	find . -type f | sort | tee "$work/boot_files"
	[ "$(wc -l < "$work/boot_files")" = 3 ]
	while read -r file; do
		cmp "$file" "/$file"
	done < "$work/boot_files"
}

comes_before_e1000() {
	modprobe --show-depends e1000 | grep -n . | tee "$work/order"
	awk -F: '/pve1000/ { first = $1 } /\/e1000/ { exit !(first && first < $1) }' "$work/order"
}

accelerated() { awk '/^ata/ { sum += $2 } END { print sum + 0 }' "$ports"; }

disk_is_there() { [ -b /dev/sda ]; }

takes_port_over() {
	modprobe -a pvelv ata_piix sd_mod
	modprobe pvblk
	wait_until disk_is_there
	grep '\[none\]' /sys/block/sda/queue/scheduler
	dd if=/dev/sda of=/dev/null bs=4k count=16 iflag=direct status=none
	cat "$ports"
	[ "$(accelerated)" -gt 0 ]
}

# It looks into the initramfs, too.
doctor_agrees() {
	pvctl doctor | tee "$work/said" || true
	grep "^ok   pvblk_ata is loaded" "$work/said"
	grep "^ok   $image has pvblk_ata" "$work/said"
	pvctl status --json | jq -e '.modules[] | select(.name == "pvblk_ata") | .loaded and .installed'
	[ "$(bash -c '. /usr/share/bash-completion/completions/pvctl
		COMP_WORDS=(pvctl do) COMP_CWORD=1; _pvctl; echo ${COMPREPLY[*]}')" = doctor ]
}

card() { ls /sys/bus/pci/drivers/pve1000/*/net; }

takes_card_over() {
	modprobe e1000
	wait_until card
	pve1000-switch e1000
	refused card
	pve1000-switch pve1000
	card
}

# Its VLAN would be lost with the interface, so the card keeps pve1000 until the
# next boot.
leaves_card_in_use() {
	modprobe 8021q
	ip link add link "$(card)" name lab.vlan type vlan id 5
	at_end ip link delete lab.vlan
	at_end cat "$work/said"
	"$install" uninstall guest > "$work/said" 2>&1
	grep 'pve1000 keeps its cards until the next boot: .*lab.vlan' "$work/said"
	card
	nothing_left
}

uninstalls() {
	takes_archive
	installs
	"$install" uninstall guest
	nothing_left
	[ ! -d /sys/module/pvio ]
	ls /sys/bus/pci/drivers/e1000/*/net
	lsinitramfs "$image" > "$work/list"
	! grep pvblk "$work/list" || fail "it is still in the initramfs"
}

[ -e "$archive" ] || ktap_skip_all "no $archive"
setup ata_piix sd_mod mii e1000 8021q
ktap_plan 10
ktap_test "DKMS takes the package from an archive" takes_archive
ktap_test "the guest package is installed and found by modinfo" installs
ktap_test "the files for boot go into another system, too" boot_files_are_the_same
ktap_test "pve1000 comes before e1000" comes_before_e1000
ktap_test "the initramfs has the modules and loads those for disks" initramfs_loads
ktap_test "pvelv and pvblk_ata load, and the IDE disk comes to them" takes_port_over
ktap_test "pvctl agrees" doctor_agrees
ktap_test "pve1000 gets the card at boot, and the switch exchanges it" takes_card_over
ktap_test "uninstall leaves pve1000 a card with a VLAN" leaves_card_in_use
ktap_test "uninstall gives the card back and leaves nothing behind" uninstalls
ktap_end
