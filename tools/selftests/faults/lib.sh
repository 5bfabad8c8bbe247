# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154 # of lib/guest.sh
# Allocations that fail (Documentation/fault-injection), where the kernel can
# make them: tools/lab/kernel debug.
fault_kinds="failslab fail_page_alloc"

faults_needed() {
	local kind
	for kind in $fault_kinds; do
		[ -d "$debugfs/$kind" ] || ktap_skip_all "no $kind in this kernel"
	done
	set_faults verbose 0
	set_faults times -1
}

# set_faults FILE VALUE: for slab objects and for pages
set_faults() {
	local kind
	for kind in $fault_kinds; do
		[ ! -e "$debugfs/$kind/$1" ] || echo "$2" > "$debugfs/$kind/$1"
	done
	[ "$1" != ignore-gfp-wait ] || echo "$2" > $debugfs/fail_page_alloc/ignore-gfp-highmem
}

# fail_each OPERATION...: each allocation of it in turn, whether it may wait or not
fail_each() {
	set_faults probability 0
	set_faults ignore-gfp-wait N
	set_faults min-order 0
	"$top/tools/selftests/faults/fail_nth" "$@"
}

# From now on every tenth of those that may not wait, as in a flood without memory.
fail_some() {
	set_faults ignore-gfp-wait Y
	set_faults min-order 0
	set_faults probability 10
}

fail_none() { set_faults probability 0; }
