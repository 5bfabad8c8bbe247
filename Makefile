# SPDX-License-Identifier: GPL-2.0
# What people type. "make help" lists it.

KVER ?= $(shell uname -r)
KDIR ?= $(firstword $(wildcard /lib/modules/$(KVER)/build) \
	$(lastword $(shell ls -d /lib/modules/*/build 2>/dev/null | sort -V)))

all: modules

# The guest modules and the host module, in place.
modules: check-kdir
	$(MAKE) -C $(KDIR) M=$(CURDIR) PVIO_HOST=1 modules

# The guest modules alone, for DKMS.
guest: check-kdir
	$(MAKE) -C $(KDIR) M=$(CURDIR) modules

check-kdir:
	@test -n "$(KDIR)" || { echo "no kernel headers found: install" \
		"linux-headers-amd64, or name them with KDIR=" >&2; exit 2; }

.PHONY: all modules guest check-kdir
