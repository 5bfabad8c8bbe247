/* SPDX-License-Identifier: GPL-2.0 */
/* Wraps <net/page_pool.h>, which 6.6 split. */
#ifndef PVE1000_COMPAT_PAGE_POOL_H
#define PVE1000_COMPAT_PAGE_POOL_H

#include <linux/skbuff.h>
#include <linux/version.h>

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
#include <net/page_pool/helpers.h>
#else
#include <net/page_pool.h>
#endif

/* 5.15: pages of an skb go back to their pool; before, they have to leave it */
static inline void pve1000_page_to_skb(struct page_pool *pool,
				       struct sk_buff *skb, struct page *page)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 15, 0)
	skb_mark_for_recycle(skb);
#else
	page_pool_release_page(pool, page);
#endif
}

#endif /* PVE1000_COMPAT_PAGE_POOL_H */
