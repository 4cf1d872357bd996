"""Which object each noun phrase of an instruction speaks of.

Read from the instruction and the input picture alone. Training asks the middle blocks for it
(probes.py): an instruction is followed only where its names are understood, and the answer tells
of a name in one token among many.
"""

import re

from layout import CELLS, COLOURS, SHAPES, SIDE

WAYS = {"above": (-1, 0), "below": (1, 0), "left of": (0, -1), "right of": (0, 1)}
EXTREMES = {
    "highest": lambda cell: cell // SIDE, "lowest": lambda cell: -(cell // SIDE),
    "leftmost": lambda cell: cell % SIDE, "rightmost": lambda cell: -(cell % SIDE),
}
_BASE = (
    rf"the (?:(?P<colour>{'|'.join(COLOURS)}) )?(?:(?P<extreme>{'|'.join(EXTREMES)}) )?"
    rf"(?P<noun>{'|'.join(SHAPES)}|shape)\b"
)
_CHAIN = (
    rf"the (?P<head>shape) (?:directly (?P<way>{'|'.join(WAYS)})|in the same (?P<line>row|column) as)"
    rf" (?={_BASE})"
)
BASE, CHAIN = re.compile(_BASE, re.IGNORECASE), re.compile(_CHAIN, re.IGNORECASE)


def only(cells):
    """The one cell, if it is one."""
    return cells[0] if len(cells) == 1 else None


def base(found, board):
    """The cell of the object that a simple name speaks of."""
    colour, extreme, noun = (found[key] and found[key].lower() for key in ("colour", "extreme", "noun"))
    cells = [
        cell for cell, code in enumerate(board)
        if code
        and colour in (None, COLOURS[(code - 1) // len(SHAPES)])
        and noun in ("shape", SHAPES[(code - 1) % len(SHAPES)])
    ]
    if extreme is not None and cells:
        most = min(map(EXTREMES[extreme], cells))
        cells = [cell for cell in cells if EXTREMES[extreme](cell) == most]
    elif colour is None and noun == "shape":
        return None
    return only(cells)


def chained(found, board):
    """The cell of the object that is named by where it lies, seen from another."""
    anchor = base(found, board)
    if anchor is None:
        return None
    if found["way"] is not None:
        down, right = WAYS[found["way"].lower()]
        row, column = anchor // SIDE + down, anchor % SIDE + right
        inside = 0 <= row < SIDE and 0 <= column < SIDE
        return row * SIDE + column if inside and board[row * SIDE + column] else None
    line = (lambda cell: cell // SIDE) if found["line"].lower() == "row" else (lambda cell: cell % SIDE)
    return only([c for c in range(len(CELLS)) if board[c] and c != anchor and line(c) == line(anchor)])


def named(instruction, board):
    """Pairs of where the noun of a name ends in the instruction (its last letter) and the named cell."""
    found = [(match.end("noun") - 1, base(match, board)) for match in BASE.finditer(instruction)]
    found += [(match.end("head") - 1, chained(match, board)) for match in CHAIN.finditer(instruction)]
    return sorted((place, cell) for place, cell in found if cell is not None)
