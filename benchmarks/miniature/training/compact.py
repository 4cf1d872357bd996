"""One answer for every generation prompt: the first in reading order.

Many pictures meet a prompt, and the world's records show a random one. A model that learns from
those learns that any cell is probably empty, and a decoder that decides the surest cells first
then draws nothing. Here the objects of a prompt, in the order in which it names them, take the
first cells that meet its needs; colours and shapes that it leaves open take the first of theirs.
"""

import functools

from layout import CELLS, COLOURS, PLURALS, SHAPES, SIDE

NUMBERS = ["one", "two", "three", "four", "five", "six", "seven"]
SIDES = {
    "above": lambda a, b: a // SIDE < b // SIDE, "below": lambda a, b: a // SIDE > b // SIDE,
    "left of": lambda a, b: a % SIDE < b % SIDE, "right of": lambda a, b: a % SIDE > b % SIDE,
}
LINES = {"in one row": lambda cell: cell // SIDE, "in one column": lambda cell: cell % SIDE}
ZONES = {
    "in the top row": lambda row, column: row == 0,
    "in the bottom row": lambda row, column: row == SIDE - 1,
    "in the left column": lambda row, column: column == 0,
    "in the right column": lambda row, column: column == SIDE - 1,
    "in a corner": lambda row, column: row in (0, SIDE - 1) and column in (0, SIDE - 1),
}


def parse_class(words):
    """`red circles`, `circles`, `red shapes` or `shapes` as colour and shape, `None` where open."""
    *colour, noun = words.split()
    shape = noun if noun in SHAPES else SHAPES[PLURALS.index(noun)] if noun in PLURALS else None
    if shape is None and noun not in ("shape", "shapes") or colour and colour[0] not in COLOURS:
        raise ValueError(f"not a class: {words}")
    return (colour[0] if colour else None), shape


def holds(kind, thing):
    return all(wanted in (None, found) for wanted, found in zip(kind, thing))


def member(kind):
    return kind[0] or COLOURS[0], kind[1] or SHAPES[0]


class Needs:
    """The needs of one prompt: its objects and what must be true of their places."""

    def __init__(self, phrases):
        self.things, self.pairs, self.lines, self.zones, self.beside = [], [], [], [], []
        total, relation, colourful = 0, None, None
        for phrase in phrases:
            if phrase == "nothing else":
                continue
            number, _, rest = phrase.partition(" ")
            if number in NUMBERS:
                count, kind = NUMBERS.index(number) + 1, parse_class(rest)
                if kind == (None, None):
                    total = count
                else:
                    self.things += [kind] * count
            elif phrase.startswith(("more ", "as many ")):
                equal = phrase.startswith("as many ")
                names = phrase.removeprefix("as many ").removeprefix("more ")
                relation = equal, [parse_class(part) for part in names.split(" as " if equal else " than ")]
            elif phrase.endswith(" of different colours"):
                colourful = parse_class(phrase.removesuffix(" of different colours"))
            else:
                self.place(phrase)
        if relation:
            equal, (many, few) = relation
            fewer = total // 2 if equal else 1
            self.things = [many] * (total - fewer) + [few] * fewer
        free = iter(COLOURS)
        self.things = [
            (next(free), kind[1]) if kind == colourful else member(kind) for kind in self.things
        ]

    def place(self, phrase):
        for names, into in ((LINES, self.lines), (ZONES, self.zones)):
            for name, rule in names.items():
                if phrase.endswith(f" {name}"):
                    into.append((parse_class(phrase.removesuffix(f" {name}")), rule))
                    return
        for name, rule in SIDES.items():
            who, found, mate = phrase.partition(f" {name} ")
            if found:
                self.pairs.append((parse_class(who), rule, parse_class(mate)))
                return
        who, found, mate = phrase.partition(" beside ")
        if not found:
            raise ValueError(f"not a need: {phrase}")
        self.beside.append((parse_class(who), parse_class(mate)))

    def allows(self, number, cell, cells):
        """Whether a thing may lie at a cell, given where those before it lie."""
        thing = self.things[number]
        if cell in cells or any(
            holds(kind, thing) and not rule(cell // SIDE, cell % SIDE) for kind, rule in self.zones
        ):
            return False
        for mate, other in zip(self.things, cells):
            if mate == thing and other > cell:
                return False
            for kind, line in self.lines:
                if holds(kind, thing) and holds(kind, mate) and line(cell) != line(other):
                    return False
            for kind, rule, than in self.pairs:
                if holds(kind, thing) and holds(than, mate) and not rule(cell, other):
                    return False
                if holds(kind, mate) and holds(than, thing) and not rule(other, cell):
                    return False
        return True

    def touched(self, cells):
        """Whether everything that is to lie beside something does."""
        def near(a, b):
            return abs(a // SIDE - b // SIDE) + abs(a % SIDE - b % SIDE) == 1

        return all(
            any(near(cell, other) for other, mate in zip(cells, self.things) if holds(than, mate))
            for kind, than in self.beside
            for cell, thing in zip(cells, self.things)
            if holds(kind, thing)
        )

    def first(self, cells=()):
        """The first places that meet all needs; `None` when none do."""
        if len(cells) == len(self.things):
            return cells if self.touched(cells) else None
        for cell in range(len(CELLS)):
            if self.allows(len(cells), cell, cells):
                found = self.first(cells + (cell,))
                if found:
                    return found
        return None


@functools.cache
def answer(plan):
    """The board (tile codes) and the sentence about the result for a sentence `I need …`."""
    needs = Needs(plan.removeprefix("I need ").split(", "))
    cells = needs.first()
    if cells is None:
        raise ValueError(f"nothing meets: {plan}")
    placed = sorted(zip(cells, needs.things))
    board = [0] * len(CELLS)
    for cell, (colour, shape) in placed:
        board[cell] = 1 + COLOURS.index(colour) * len(SHAPES) + SHAPES.index(shape)
    listed = ", ".join(f"{colour} {shape} at {CELLS[cell]}" for cell, (colour, shape) in placed)
    return board, f"The result holds {listed}."
