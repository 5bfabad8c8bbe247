/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Registers and descriptors of the 8254x family, as far as this driver uses
 * them. Names and numbers are those of Intel's "PCI/PCI-X Family of Gigabit
 * Ethernet Controllers Software Developer's Manual" (317453), chapters 3
 * (descriptors) and 13 (registers). Comments call it the 8254x SDM.
 */
#ifndef PVE1000_REGS_H
#define PVE1000_REGS_H

#include <linux/bits.h>
#include <linux/types.h>

#define CTRL		0x0000
#define STATUS		0x0008
#define EERD		0x0014
#define MDIC		0x0020
#define FCAL		0x0028
#define FCAH		0x002c
#define FCT		0x0030
#define VET		0x0038
#define ICR		0x00c0
#define ITR		0x00c4
#define ICS		0x00c8
#define IMS		0x00d0
#define IMC		0x00d8
#define RCTL		0x0100
#define FCTTV		0x0170
#define TCTL		0x0400
#define TIPG		0x0410
#define LEDCTL		0x0e00
#define PBA		0x1000
#define RDBAL		0x2800
#define RDBAH		0x2804
#define RDLEN		0x2808
#define RDH		0x2810
#define RDT		0x2818
#define RDTR		0x2820
#define RADV		0x282c
#define TDBAL		0x3800
#define TDBAH		0x3804
#define TDLEN		0x3808
#define TDH		0x3810
#define TDT		0x3818
#define TIDV		0x3820
#define TADV		0x382c
#define RXCSUM		0x5000
#define MTA		0x5200
#define RAL(n)		(0x5400 + 8 * (n))
#define RAH(n)		(0x5404 + 8 * (n))
#define VFTA		0x5600
#define MANC		0x5820

#define MTA_ENTRIES	128
#define RA_ENTRIES	15

/* 8254x SDM 13.7: statistics */
#define CRCERRS		0x4000
#define ALGNERRC	0x4004
#define SYMERRS		0x4008
#define RXERRC		0x400c
#define MPC		0x4010
#define SCC		0x4014
#define ECOL		0x4018
#define MCC		0x401c
#define LATECOL		0x4020
#define COLC		0x4028
#define DC		0x4030
#define SEC		0x4038
#define RLEC		0x4040
#define XONRXC		0x4048
#define XONTXC		0x404c
#define XOFFRXC		0x4050
#define XOFFTXC		0x4054
#define GPRC		0x4074
#define BPRC		0x4078
#define MPRC		0x407c
#define GPTC		0x4080
#define RNBC		0x40a0
#define RUC		0x40a4
#define RFC		0x40a8
#define ROC		0x40ac
#define RJC		0x40b0
#define TPR		0x40d0
#define TPT		0x40d4
#define MPTC		0x40f0
#define BPTC		0x40f4
#define TSCTC		0x40f8

#define CTRL_ASDE		BIT(5)
#define CTRL_SLU		BIT(6)
#define CTRL_FRCSPD		BIT(11)
#define CTRL_FRCDPLX		BIT(12)
#define CTRL_RST		BIT(26)
#define CTRL_RFCE		BIT(27)
#define CTRL_TFCE		BIT(28)
#define CTRL_VME		BIT(30)

#define STATUS_FD		BIT(0)
#define STATUS_LU		BIT(1)
#define STATUS_SPEED		GENMASK(7, 6)

#define EERD_START		BIT(0)
#define EERD_DONE		BIT(4)
#define EERD_ADDR_SHIFT		8
#define EERD_DATA_SHIFT		16

#define EEPROM_WORDS		64
#define EEPROM_SUM		0xbaba

#define MDIC_DATA		GENMASK(15, 0)
#define MDIC_REGADD_SHIFT	16
#define MDIC_PHYADD_1		BIT(21)
#define MDIC_OP_WRITE		BIT(26)
#define MDIC_OP_READ		BIT(27)
#define MDIC_R			BIT(28)
#define MDIC_E			BIT(30)

#define INT_TXDW		BIT(0)
#define INT_LSC			BIT(2)
#define INT_RXSEQ		BIT(3)
#define INT_RXDMT0		BIT(4)
#define INT_RXO			BIT(6)
#define INT_RXT0		BIT(7)
#define INT_TEST		BIT(1)	/* TXQE, unmasked for the test alone */

#define RCTL_EN			BIT(1)
#define RCTL_SBP		BIT(2)
#define RCTL_UPE		BIT(3)
#define RCTL_MPE		BIT(4)
#define RCTL_LPE		BIT(5)
#define RCTL_BAM		BIT(15)
#define RCTL_BSIZE_2048		0
#define RCTL_VFE		BIT(18)
#define RCTL_SECRC		BIT(26)

#define TCTL_EN			BIT(1)
#define TCTL_PSP		BIT(3)
#define TCTL_CT			(0x0f << 4)
#define TCTL_COLD		(0x40 << 12)
#define TCTL_RTLC		BIT(24)

/* 8254x SDM 13.4.34: inter-packet gap for copper */
#define TIPG_COPPER		(8 | 8 << 10 | 6 << 20)

#define FCAL_PAUSE		0x00c28001
#define FCAH_PAUSE		0x00000100
#define FCT_PAUSE		0x8808
#define FCTTV_LONG		0xffff

#define RXCSUM_TUOFL		BIT(9)

#define RAH_AV			BIT(31)

#define MANC_ARP_EN		BIT(13)

/* 8254x SDM 3.2.3: receive descriptor */
struct pve1000_rx_desc {
	__le64 addr;
	__le16 length;
	__le16 csum;
	u8 status;
	u8 errors;
	__le16 special;
};

#define RXD_STAT_DD		BIT(0)
#define RXD_STAT_EOP		BIT(1)
#define RXD_STAT_IXSM		BIT(2)
#define RXD_STAT_VP		BIT(3)
#define RXD_STAT_TCPCS		BIT(5)
#define RXD_ERR_CE		BIT(0)
#define RXD_ERR_SE		BIT(1)
#define RXD_ERR_SEQ		BIT(2)
#define RXD_ERR_CXE		BIT(4)
#define RXD_ERR_TCPE		BIT(5)
#define RXD_ERR_IPE		BIT(6)
#define RXD_ERR_RXE		BIT(7)
#define RXD_ERR_FRAME		(RXD_ERR_CE | RXD_ERR_SE | RXD_ERR_SEQ | \
				 RXD_ERR_CXE | RXD_ERR_RXE)

/* 8254x SDM 3.3.7: transmit data descriptor */
struct pve1000_tx_desc {
	__le64 addr;
	__le32 lower;		/* length and command */
	__le32 upper;		/* status, options, VLAN tag */
};

/* 8254x SDM 3.3.6: transmit context descriptor, for what is offloaded */
struct pve1000_tx_context {
	u8 ipcss;
	u8 ipcso;
	__le16 ipcse;
	u8 tucss;
	u8 tucso;
	__le16 tucse;
	__le32 lower;		/* payload length and command */
	u8 status;
	u8 hdrlen;
	__le16 mss;
};

#define TXD_DTYP_DATA		BIT(20)
#define TXD_CMD_EOP		BIT(24)
#define TXD_CMD_IFCS		BIT(25)
#define TXD_CMD_TSE		BIT(26)
#define TXD_CMD_RS		BIT(27)
#define TXD_CMD_DEXT		BIT(29)
#define TXD_CMD_VLE		BIT(30)
/* 8254x SDM 3.3.6.1: the same bits in a context descriptor */
#define TXD_CMD_TCP		BIT(24)
#define TXD_CMD_IP		BIT(25)

#define TXD_STAT_DD		BIT(0)
#define TXD_POPTS_IXSM		BIT(8)
#define TXD_POPTS_TXSM		BIT(9)
#define TXD_SPECIAL_SHIFT	16

#endif /* PVE1000_REGS_H */
