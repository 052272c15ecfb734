"""Where each number stands: the columns of the flat arrays.

A record of `X_WORDS` words begins at `index * X_WORDS`; the names below are offsets into it.
"""

from __future__ import annotations

from typing import Final

# --- walking: the state of one file ---
BIG: Final = 0
"""1: numbers stand in network order."""
UNIT_NS: Final = 1
"""pcap: nanoseconds of one unit of the timestamps' fraction."""
LINK: Final = 2
"""pcap: link type of all packets."""
NUMBER: Final = 3
"""Packets so far, in this file and in those of the same ring before it."""
TAKEN: Final = 4
"""Packets that the last call of the walker gave."""
INTERFACES: Final = 5
"""pcapng: interfaces described in this section."""
BEFORE_NS: Final = 6
"""pcapng: time of the packet before."""
OVER: Final = 7
"""1: the file is damaged, or was cut; nothing follows."""
WALK_WORDS: Final = 8

# --- one interface of a pcapng section ---
IF_LINK: Final = 0
IF_SNAP: Final = 1
IF_BITS: Final = 2
"""Ticks are 2 ** -bits s; -1: decimal."""
IF_UNIT: Final = 3
"""Ticks in a second; 0: more than a word holds."""
IF_TIMES: Final = 4
IF_BY: Final = 5
"""Ticks below a second, times this, by that, are nanoseconds."""
IF_OFFSET_S: Final = 6
IF_WORDS: Final = 7
MAX_INTERFACES: Final = 4096

# --- one packet ---
P_NUMBER: Final = 0
P_NS: Final = 1
P_AT: Final = 2
"""Where its bytes begin in the buffer."""
P_CAPTURED: Final = 3
"""How many there are; for one that cannot be read, the first detail."""
P_WIRE: Final = 4
"""How long it was on the wire; for one that cannot be read, the second detail."""
P_LINK: Final = 5
"""Link type; below 0: it cannot be read, for the reason -P_LINK."""
PACKET_WORDS: Final = 6

# --- one segment ---
S_NUMBER: Final = 0
S_NS: Final = 1
S_FROM_HIGH: Final = 2
S_FROM_LOW: Final = 3
S_TO_HIGH: Final = 4
S_TO_LOW: Final = 5
S_PORTS: Final = 6
"""IP version, sender's port, receiver's port, 16 bits each."""
S_IP_ID: Final = 7
S_SEQ: Final = 8
S_ACK: Final = 9
S_FLAGS: Final = 10
S_PAYLOAD: Final = 11
"""Bytes of payload."""
S_WIRE: Final = 12
"""Bytes of the whole packet."""
S_WINDOW: Final = 13
"""-1: not captured."""
S_DATA_AT: Final = 14
"""Where the payload begins in the buffer, captured or not."""
S_CONTINUES: Final = 15
"""1: a later fragment: more payload of a segment that was counted."""
S_SIDE: Final = 16
"""Which side of its conversation sent it: 0 or 1."""
S_TAG: Final = 17
"""31 bits of hash of its conversation's addresses and ports."""
S_SAID: Final = 18
"""What its payload says at first sight (`said`); NOTHING: it was not captured."""
S_TOTAL: Final = 19
"""Bytes of the answer that begins here; 0: not told; -1: in chunks."""
S_TAIL: Final = 20
"""Whether it ends as a last chunk does (`said.tail`)."""
S_HASH: Final = 21
"""Hash of all in which copies of it agree (`recent`)."""
SEGMENT_WORDS: Final = 22

# --- one first fragment, remembered for those that follow ---
F_FROM_HIGH: Final = 0
F_FROM_LOW: Final = 1
F_TO_HIGH: Final = 2
F_TO_LOW: Final = 3
F_ID: Final = 4
F_PORTS: Final = 5
F_SEQ: Final = 6
F_ACK: Final = 7
F_FLAGS: Final = 8
F_HEADER: Final = 9
"""Bytes of the TCP header; 0: the place is empty."""
FRAGMENT_WORDS: Final = 10

# --- one conversation ---
C_A_HIGH: Final = 0
C_A_LOW: Final = 1
C_B_HIGH: Final = 2
C_B_LOW: Final = 3
C_PORTS: Final = 4
"""IP version, port of side 0, port of side 1."""
C_CLOSED: Final = 5
"""1: reset, or both sides sent FIN."""
C_LAST: Final = 6
C_LAST_NS: Final = 7
C_TALKER: Final = 8
"""Whose data came last: 0, 1, or -1."""
C_DATA_NS: Final = 9
"""When that was; -1: never."""
C_OPENER: Final = 10
"""Who opened it: 0, 1, or -1."""
C_CHOSEN: Final = 11
"""1: it is to be told one by one, whatever still comes."""
C_CLOSED_NS: Final = 12
C_NEXT: Final = 13
C_PREVIOUS: Final = 14
"""Neighbours in the list it stands in: the closing, the finished, the told, the free ones; -1: none."""
C_SPOKEN: Final = 15
"""What was said in it: the flags of `hearing`, and..."""
SPEAKS_HTTP1: Final = 1
SPEAKS_HTTP2: Final = 2
"""...that the opener does, and..."""
LONG_HEAD: Final = 16
"""...that headers of an answer did not end in its first segment, and..."""
TAIL_ENDED: Final = 64
TAIL_UNENDED: Final = 128
"""...how the target's latest segment ended (neither: it was not captured), and..."""
CONTINUED: Final = 256
"""...that the body of the latest request went on after its answer had begun."""
C_FIRST: Final = 16
C_FIRST_NS: Final = 17
C_FIRST_SIDE: Final = 18
C_TAG: Final = 19
"""Its hash."""
C_UNTIL_NS: Final = 20
"""When it was over: the capture ended, or something else took its place."""
C_OUTCOME: Final = 21
C_DECIDED: Final = 22
"""Frame that decided the outcome."""
C_STATE: Final = 23
C_FLOWS: Final = 24
"""Two flows follow."""
FLOW_WORDS: Final = 32
CONVERSATION_WORDS: Final = C_FLOWS + 2 * FLOW_WORDS

# --- one conversation at rest (`resting`) ---
Q_A_HIGH: Final = 0
Q_A_LOW: Final = 1
Q_B_HIGH: Final = 2
Q_B_LOW: Final = 3
Q_PORTS: Final = 4
"""As in a conversation; -1: something else took its place."""
Q_BASES: Final = 5
"""BASE of side 1 and of side 0, 32 bits each."""
Q_CLOSED_NS: Final = 6
Q_SENT: Final = 7
"""SENT of side 1 and of side 0, 32 bits each: as much as fits, which is all of a sequence space."""
RESTING_WORDS: Final = 8
RESTING_PLACES: Final = 1 << 18
"""A power of two (16 MB). Of more within `resting.REMEMBERED_NS` the oldest are forgotten earlier."""

FREE: Final = 0
OPEN: Final = 1
FINISHED: Final = 2

# --- one flow: what one side did; frame 0: it did not happen ---
# The first eight words lie in one line of the processor's cache; every segment touches them.
BASE: Final = 0
"""Sequence number of its first payload byte; -1: not known."""
SENT: Final = 1
"""Highest payload byte seen, relative to BASE."""
ACKED: Final = 2
"""Highest byte that the other side acknowledged; may count the FIN."""
RUN_FROM: Final = 3
"""Where its latest run begins, relative to BASE."""
PACKETS: Final = 4
WIRE_BYTES: Final = 5
ACK_FRAME: Final = 6
"""Its first segment that neither opens nor resets."""
ACK_NS: Final = 7
SEGMENTS: Final = 8
TURNS: Final = 9
"""Runs that answered a run of the other side."""
RUN_FRAME: Final = 10
RUN_NS: Final = 11
RUN_ACK: Final = 12
RUN_SILENCE_NS: Final = 13
"""How long there had been no data in either direction before the run; -1: it was the first."""
RETRANSMISSIONS: Final = 14
REORDERED: Final = 15
HOLES: Final = 16
"""Node of the latest gap, then of the one before it...; -1: none."""
ZERO_WINDOWS: Final = 17
SYNS: Final = 18
"""SYNs and SYN-ACKs that it sent."""
SYN_FRAME: Final = 19
SYN_NS: Final = 20
SYN_LAST: Final = 21
SYN_LIST: Final = 22
"""Node of the latest SYN, then of the one before it...; -1: none."""
HOLE_COUNT: Final = 23
FIN_FRAME: Final = 24
FIN_NS: Final = 25
FIN_SEQ: Final = 26
"""Sequence number of the FIN itself."""
RST_FRAME: Final = 27
RST_NS: Final = 28
RST_FLAGS: Final = 29
RST_ACK: Final = 30
EXPECTED: Final = 31
"""Where its latest answer should end, relative to BASE; 0: not told; -1: in chunks."""

# --- one node of the pool: a SYN (frame, ns) or a gap (low, high) ---
N_FIRST: Final = 0
N_SECOND: Final = 1
N_NEXT: Final = 2
NODE_WORDS: Final = 3

# --- one packet that may come again ---
RECENT_WAYS: Final = 4
RECENT_SETS: Final = 2048
"""A power of two."""
R_HASH: Final = 0
R_NS: Final = 1
RECENT_WORDS: Final = 2

# --- one count of something at one endpoint ---
T_HIGH: Final = 0
T_LOW: Final = 1
T_PORT: Final = 2
"""IP version and port."""
T_ITEM: Final = 3
T_COUNT: Final = 4
"""0: the place is empty."""
TALLY_WORDS: Final = 5

LISTENS: Final = 1
"""Item: others connected to this endpoint."""
FAILED: Final = 2
DELAYED: Final = 3
DELAYED_COUNTED: Final = 4
ODD: Final = 5
UNUSUAL: Final = 6
LONE: Final = 7
SERVED: Final = 8
"""Items from here: served ones that are told as samples, by how they ended (`judge.ending`)."""
OUTCOME: Final = 32
"""Items from here: conversations of each outcome that were only counted."""
CONNECTS: Final = 4096
ANSWERS: Final = 8192
"""Items from here: how many took that long, by the steps of `tally.step`."""

# --- everything else ---
M_SEED: Final = 0
M_UNDERSTOOD: Final = 1
M_NOT_UNDERSTOOD: Final = 2
M_FROM_NS: Final = 3
"""-1: no packet yet."""
M_TO_NS: Final = 4
M_NOW_NS: Final = 5
"""Time of the segment at hand; clocks step, so it is not always the latest."""
M_MASK: Final = 6
"""Slots of the table less one."""
M_OPEN: Final = 7
"""Conversations that are open."""
M_USED: Final = 8
"""Rows that have ever been used."""
M_FREE: Final = 9
"""First free row; -1: none."""
M_NODES: Final = 10
M_NODE_FREE: Final = 11
M_CLOSING: Final = 12
M_CLOSING_LAST: Final = 13
M_DONE: Final = 14
M_DONE_LAST: Final = 15
M_TOLD: Final = 16
M_TOLD_LAST: Final = 17
M_TALLY_MASK: Final = 18
M_TALLIED: Final = 19
"""Places of the tally that are taken."""
M_TELL_ALL: Final = 20
"""1: every conversation is told, none only counted."""
M_TELL_LEFT: Final = 21
"""How many more may be told in all."""
M_TELL_EACH: Final = 22
"""How many failed, and how many delayed ones, are told of one target."""
M_SINCE_NS: Final = 23
M_UNTIL_NS: Final = 24
"""The window that was asked for."""
M_COUNTED: Final = 25
M_FIRST_NS: Final = 26
M_LAST_NS: Final = 27
"""First and last packet of the conversations that were only counted."""
M_LAST_NUMBER: Final = 28
M_LAST_SEEN_NS: Final = 29
"""Time of the last packet of any kind."""
M_RESTED: Final = 45
"""How many conversations have been put to rest..."""
M_FORGOTTEN: Final = 46
"""...and how many of them, the oldest, are forgotten."""
M_SEGMENTS: Final = 44
"""Those of the packets understood that are TCP."""
M_MISREADS: Final = 30
"""How many of the following are taken: number, reason, two details each."""
M_MISREAD: Final = 31
MISREAD_WORDS: Final = 4
META_WORDS: Final = 64
