#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# An IDE CD-ROM: reads, packet commands of all kinds, polling, and media that change.
. "$(dirname "$0")/../lib/guest.sh"

cd=/dev/lab/ide-cd
mnt=/tmp/cd

# the lab's noise: random.Random(1).randbytes()
expected() {
	python3 -c '
import random, hashlib, os
size = os.path.getsize("'$mnt'/data.bin")
print(hashlib.sha256(random.Random(1).randbytes(size)).hexdigest())'
}

# Of drivers/ide they are not. Nor can they be compared there: ide-cd leaves the status of an
# older packet with a new one (drivers/ide/ide-cd.c: cdrom_newpc_intr()).
are_packets_accelerated() { [ $hooks = pvblk_ata ]; }

need_accelerated_packets() {
	are_packets_accelerated || ktap_skip "packets are the stock driver's"
}

packets_accelerated() { awk '$1 == "ata2" { print $2 }' $debugfs/$hooks/ports; }

reads_right() {
	local before
	mode "$1"
	is_accelerated
	before=$(packets_accelerated)
	mkdir -p $mnt
	mount -t iso9660 -o ro $cd $mnt
	expected > /tmp/expected
	writer_start beside 2m
	sha256sum $mnt/data.bin | cut -d' ' -f1 > /tmp/seen
	umount $mnt
	writer_stop
	cmp /tmp/expected /tmp/seen
	no_complaints
	! are_packets_accelerated || [ "$(packets_accelerated)" -gt $((before + 50)) ] ||
		fail "the packets were not accelerated"
}

# Each packet is answered as without the hooks, to the byte and behind the last one.
same_answers() {
	local before
	need_accelerated_packets
	mode stock
	"$guest_dir/packets" $cd > /tmp/answers.stock
	mode "$1"
	before=$(packets_accelerated)
	"$guest_dir/packets" $cd > "/tmp/answers.$1"
	[ "$(packets_accelerated)" -ge $((before + 30)) ] || fail "the packets were not accelerated"
	diff /tmp/answers.stock "/tmp/answers.$1"
	[ "$(grep -c ': 0x0 0x0' "/tmp/answers.$1")" -ge 25 ] || fail "$(cat "/tmp/answers.$1")"
	no_complaints
}

# A transfer that cannot end well ends as it does without the hooks.
same_failures() {
	need_accelerated_packets
	at_end kernel_mark
	mode stock
	"$guest_dir/packets" $cd short > /tmp/failures.stock
	mode host
	dd if=$cd of=/dev/null bs=2k count=4 iflag=direct status=none
	"$guest_dir/packets" $cd short > /tmp/failures.host
	diff /tmp/failures.stock /tmp/failures.host
	cut -c1-100 /tmp/failures.host
}

# inquiry BYTES: the first 36 bytes of the buffer of an INQUIRY for so many
inquiry() {
	local whole fill
	read -r whole < /tmp/inquiry
	fill=$(printf 'a5%.0s' {1..36})
	[ "$1" -ge 36 ] || whole=${whole:0:$(($1 * 2))}$fill
	echo "${whole:0:72}"
}

# What is asked for in odd lengths comes, though with libata alone it does not.
odd_lengths() {
	local name status host sense data
	need_accelerated_packets
	mode host
	# the first is libata's
	dd if=$cd of=/dev/null bs=2k count=4 iflag=direct status=none
	"$guest_dir/packets" $cd > /tmp/answers
	sed -n 's/^INQUIRY 254: .* //p' /tmp/answers > /tmp/inquiry
	"$guest_dir/packets" $cd odd > /tmp/odd
	while IFS=: read -r name status; do
		read -r status host sense data <<< "$status"
		expect "$name" "$status $host" "0x0 0x0"
		[ "${name% *}" != INQUIRY ] || expect "$name" "${data:0:72}" \
			"$(inquiry "${name#* }")"
	done < /tmp/odd
	no_complaints
}

poll_every() { echo "$1" > "/sys/block/$(basename "$(readlink -f $cd)")/events_poll_msecs"; }

commands_issued() {
	awk '/hitcount/ { sum += $NF } END { print sum + 0 }' \
		/sys/kernel/tracing/events/libata/ata_qc_issue/hist
}

# polls_cost MODE: exits of a poll of the drive, in hundredths
polls_cost() {
	local trigger=/sys/kernel/tracing/events/libata/ata_qc_issue/trigger
	local before after
	mode "$1"
	# the first is libata's
	dd if=$cd of=/dev/null bs=2k count=4 iflag=direct status=none
	echo 'hist:keys=cmd' > $trigger
	lab begin "polls.$1"
	before=$(commands_issued)
	poll_every 20
	sleep 5
	poll_every -1
	after=$(commands_issued)
	lab end -p "polls.$1" > /tmp/polls.json
	echo '!hist:keys=cmd' > $trigger
	jq -r "[ .exits.by_reason | (.ioio // 0) + (.io_instruction // 0) + (.vmmcall // 0)
		+ (.vmcall // 0) ] | .[0] * 100 / $((after - before)) | floor" /tmp/polls.json
}

polls() {
	local stock host alone
	need_accelerated_packets
	at_end poll_every -1
	stock=$(polls_cost stock)
	host=$(polls_cost host)
	alone=$(polls_cost alone)
	echo "exits of a poll, in hundredths: $stock, with the host $host, without $alone"
	[ "$host" -le 210 ] || fail "more than 2 exits"
	[ "$alone" -le $((stock / 2)) ] || fail "more than half of libata's exits"
	no_complaints
}

# packet commands that move no data, and one that fails
packets() {
	mode host
	blockdev --rereadpt $cd 2> /dev/null || true
	eject -t $cd 2> /dev/null || true
	! dd if=/dev/zero of=$cd bs=2k count=1 2> /dev/null || fail "a CD-ROM was written"
	dd if=$cd of=/dev/null bs=2k count=16 iflag=direct status=none
	no_complaints
}

# What the kernel tells of the drive, a line each.
listen() {
	python3 -uc '
import socket
with socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, 15) as s:    # NETLINK_KOBJECT_UEVENT
    s.bind((0, 1))
    print("listening")
    while True:
        event = s.recv(8192)
        if b"DISK_MEDIA_CHANGE=1" in event:
            print("new medium")' > /tmp/events &
	at_end kill $!
	wait_until grep -q listening /tmp/events
}

# change_medium NODE: in the host, as an administrator does, until the kernel tells of it.
# The first read after that may fail, as the drive says then that its medium is another.
change_medium() {
	local before
	before=$(grep -c "new medium" /tmp/events || true)
	lab l1 "qmp blockdev-open-tray '{\"id\": \"$drive\", \"force\": true}' &&
		qmp blockdev-remove-medium '{\"id\": \"$drive\"}' &&
		qmp blockdev-insert-medium '{\"id\": \"$drive\", \"node-name\": \"$1\"}' &&
		qmp blockdev-close-tray '{\"id\": \"$drive\"}'" > /dev/null
	wait_until eval "[ \$(grep -c 'new medium' /tmp/events) -gt $before ]"
	dd if=$cd of=/dev/null bs=2k count=1 2> /dev/null || true
}

# the name of the medium that is in the drive now
reads() {
	mount -t iso9660 -o ro $cd $mnt
	cut -c1-20 $mnt/name.txt 2> /dev/null || echo "the lab's"
	umount $mnt
}

new_media() {
	local before
	need_accelerated_packets
	mode "$1"
	drive=lab-disk2 node=other-$1 image=/run/lab-images/other
	mkdir -p $mnt
	listen
	lab l1 "mkdir -p $image.d && echo another > $image.d/name.txt &&
		genisoimage -quiet -R -o $image $image.d &&
		qmp blockdev-add '{\"driver\": \"raw\", \"node-name\": \"$node\", \"read-only\": true,
			\"file\": {\"driver\": \"file\", \"filename\": \"$image\"}}'" > /dev/null
	at_end lab l1 "qmp blockdev-del '{\"node-name\": \"$node\"}'"
	at_end poll_every -1
	poll_every 2000
	expect "the first medium" "$(reads)" "the lab's"
	change_medium $node
	expect "the next medium" "$(reads)" another
	before=$(packets_accelerated)
	change_medium disk2
	expect "the first medium again" "$(reads)" "the lab's"
	poll_every -1
	[ "$(packets_accelerated)" -gt $((before + 2)) ] || fail "the packets were not accelerated"
	! complaints | grep -v "I/O error.* dev sr0" || fail "the kernel log has more"
	kernel_mark
}

guest_begin
need $disk $cd
kernel_mark
ktap_plan 10
ktap_test "a CD-ROM reads right beside an accelerated disk" reads_right host
ktap_test "so it does without the host" reads_right alone
ktap_test "each packet is answered as without the hooks: host" same_answers host
ktap_test "each packet is answered as without the hooks: alone" same_answers alone
ktap_test "packets that cannot end well end as without the hooks" same_failures
ktap_test "packets of odd lengths" odd_lengths
ktap_test "a poll for new media takes 2 exits" polls
ktap_test "new media are noticed: host" new_media host
ktap_test "new media are noticed: alone" new_media alone
ktap_test "packet commands without data, and refused writes" packets
ktap_end
