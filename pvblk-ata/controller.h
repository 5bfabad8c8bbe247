/* SPDX-License-Identifier: GPL-2.0 */
/* PCI controllers and the devices of their ports, those there and those to come. */
#ifndef PVBLK_CONTROLLER_H
#define PVBLK_CONTROLLER_H

struct device;

/**
 * struct pvblk_port_ops - what is done to a port
 * @attach:	take it over; returns 0, also where it is left alone, or an error
 * @detach:	give it back; returns 0 or -EBUSY while another module covers it
 * @abandon:	forget it, as its controller is about to lose its driver
 * @free:	free what is left of those that were given back
 *
 * All but @free get a grandchild of a PCI device, which need not be a port. All may
 * sleep, and are called with the controller's device lock held.
 */
struct pvblk_port_ops {
	int (*attach)(struct device *dev);
	int (*detach)(struct device *dev);
	void (*abandon)(struct device *dev);
	void (*free)(void);
};

int pvblk_controllers_begin(const struct pvblk_port_ops *ops);
void pvblk_controllers_end(void);

#endif /* PVBLK_CONTROLLER_H */
