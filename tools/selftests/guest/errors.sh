#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Errors of the medium reach the reader as with the stock driver, and nothing else
# suffers. The disk's blkdebug fails what touches the sectors of errors.blkdebug.
. "$(dirname "$0")/../lib/guest.sh"

bad_read=1600000
bad_write=1680000

reads() { dd if=$disk of=/dev/null bs=4k skip=$(($1 / 8)) count=1 iflag=direct status=none; }
writes() { dd if=/dev/zero of=$disk bs=4k seek=$(($1 / 8)) count=1 oflag=direct status=none; }

# A kernel log line of each kind, whichever driver made it
medium_error() {
	mode "$1"
	use_dma
	reads 0
	kernel_mark
	! reads $bad_read 2> /tmp/reason || fail "a bad sector was read"
	grep -q 'Input/output error' /tmp/reason
	kernel_since | grep -q 'error: { ' || kernel_since | grep -q 'I/O error'
	kernel_since | sed 's/.*\] //' > "/tmp/log.$1"
}

# drivers/ide writes again and again for ever in PIO, which it turns to after some errors:
# ide_pio_datablock() forgets how often it has tried.
skip_writes_of_ide() { [ $hooks = pvblk_ata ] || ktap_skip "the stock driver never ends"; }

write_error() {
	skip_writes_of_ide
	mode "$1"
	use_dma
	kernel_mark
	! writes $bad_write 2> /tmp/reason || fail "a bad sector was written"
	grep -q 'Input/output error' /tmp/reason
}

# after an error: the good sectors are right and the port is accelerated again
goes_on() {
	local before
	mode "$1"
	! reads $bad_read 2> /dev/null || fail "a bad sector was read"
	use_dma
	before=$(accelerated)
	verified "after$1" $disk 2m
	[ "$(accelerated)" -gt $((before + 500)) ] || fail "not accelerated any more"
}

# errors in the midst of others' requests, and the hooks come and go
in_traffic() {
	mode host
	writer_start traffic 8m
	! reads $bad_read 2> /dev/null || fail "a bad sector was read"
	mode stock
	mode host
	[ $hooks = pvblk_ide ] || ! writes $bad_write 2> /dev/null || fail "a bad sector was written"
	writer_stop
}

# what the stock driver said is the same, but for numbers that vary
same_words() {
	for i in stock host alone; do
		grep -o -E 'exception|(status|error):? ?(=0x[0-9a-f]+ )?\{[^}]*\}|failed command: .*|LBAsect=[0-9]+|reset: .*' "/tmp/log.$i" |
			sort -u > "/tmp/words.$i"
	done
	[ -s /tmp/words.stock ]
	diff /tmp/words.stock /tmp/words.host
	diff /tmp/words.stock /tmp/words.alone
}

guest_begin
need $disk
# One try each: after ten errors libata turns to PIO, whoever made them
# (drivers/ata/libata-eh.c: ata_eh_speed_down_verdict()).
for retries in /sys/class/scsi_disk/*/max_retries; do
	[ ! -e "$retries" ] || echo 0 > "$retries"
done
ktap_plan 10
for mode in stock host alone; do
	ktap_test "a medium error is reported: $mode" medium_error $mode
	ktap_test "a write error is reported: $mode" write_error $mode
done
ktap_test "the stock driver finds the same each time" same_words
ktap_test "the port goes on after an error: by the host" goes_on host
ktap_test "the port goes on after an error: without it" goes_on alone
ktap_test "errors amid traffic, hooks in and out" in_traffic
ktap_end
