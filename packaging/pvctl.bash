# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# bash completion of pvctl
_pvctl() {
	local word=${COMP_WORDS[COMP_CWORD]} words=
	case $COMP_CWORD:${COMP_WORDS[1]} in
	1:*) words="status doctor nic timer quiet --help" ;;
	2:status | 2:doctor) words="--json --help" ;;
	2:nic) words="pve1000 e1000 --help" ;;
	# names are whatever a user gave a virtual machine, and compgen runs what it expands
	2:timer) words="$(pvctl timer --json 2> /dev/null |
		sed -n 's/.*"process": \([0-9]\+\),$/\1/p') --json --help" ;;
	3:timer) words="off status 100" ;;
	2:quiet) words="$(ls /sys/module/pvquiet/parameters 2> /dev/null) --json --help" ;;
	3:quiet) words="on off" ;;
	*:nic) words=$(ls /sys/class/net) ;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}
complete -F _pvctl pvctl
