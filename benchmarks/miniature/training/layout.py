"""The tokenizer and the sequence layout of the checkpoint (family A).

The tokenizer is word level. What a list says of a cell (`red circle at b2,`), what is done with an
object (`I move red circle to c4.`) and a few fixed phrases are single tokens, so that one token of
text speaks of what one token of the picture shows.

The three parts of a reasoning text begin at fixed places of the text region. The first and the
last list a picture in reading order: each cell has its own place there, row by row as in the
picture's tokens. Between them stands, for an edit, what happens to the object of each cell, at
the place of the cell, and, for a generation, what is needed, word by word. What is left free is
`<gap>`, a special token that vanishes when the text is decoded.
"""

import json
import re

from tokenizers import AddedToken, Tokenizer
from tokenizers import decoders, models, normalizers, pre_tokenizers

COLOURS = ["red", "yellow", "green", "blue", "pink", "black"]
SHAPES = ["circle", "square", "triangle", "star", "cross", "heart"]
PLURALS = ["circles", "squares", "triangles", "stars", "crosses", "hearts"]
CELLS = [f"{column}{row}" for row in range(1, 7) for column in "abcdef"]
SIDE = 6
TILES = 37

EDIT = "Generate an image applying the following editing instruction based on the original image."
GENERATE = "Generate an image according to the text prompt."

MASK, END, UNKNOWN, GAP = "<|mdm_mask|>", "<|endoftext|>", "<unk>", "<gap>"
SPECIAL = [
    MASK, END, UNKNOWN, GAP, "<newline>", "<boi>", "<eoi>", "<answer>", "</answer>",
    "<system>", "</system>", "<user>", "</user>", "<uncondition>",
]
PHRASES = (
    [EDIT, GENERATE, "I see", "I see nothing.", "I need", "The result holds", "nothing else"]
    + [f"{colour} {name}" for colour in COLOURS for name in SHAPES + PLURALS]
)
# What lists say of a cell, by colour, shape, mark and cell.
LISTED = {
    f"{colour} {name} at {cell}{mark}": (colour, name, mark, cell)
    for colour in COLOURS for name in SHAPES for mark in ",." for cell in CELLS
}

THINGS = [(colour, shape) for colour in COLOURS for shape in SHAPES]
# What is done, by verb, the object that is there before, the one that is there after, and the cell
# that it comes to, each `None` where it is not named.
ACTIONS = (
    {f"I move {a} {b} to {cell}.": ("move", (a, b), None, cell) for a, b in THINGS for cell in CELLS}
    | {
        f"I turn {a} {b} into {c} {d}.": ("turn", (a, b), (c, d), None)
        for a, b in THINGS for c, d in THINGS if (a, b) != (c, d)
    }
    | {f"I remove {a} {b}.": ("remove", (a, b), None, None) for a, b in THINGS}
    | {f"I add {a} {b} at {cell}.": ("add", None, (a, b), cell) for a, b in THINGS for cell in CELLS}
)

# Places of the three parts in the text region, and its length. Each takes one place for opening
# words and 7 for each row: one per cell and one more, as a picture does.
PART = 1 + SIDE * (SIDE + 1)
SECTIONS = [(0, PART), (PART, 2 * PART), (2 * PART, 3 * PART)]
TEXT = 3 * PART


def train_tokenizer(texts):
    """A tokenizer that knows every word of the texts, which are instructions and needs."""
    normalizer = normalizers.Lowercase()
    splitter = pre_tokenizers.Whitespace()
    words = set(",.;:") | set(COLOURS) | set(SHAPES) | set(PLURALS)
    bare = Tokenizer(models.WordLevel({UNKNOWN: 0}, unk_token=UNKNOWN))
    add_phrases(bare)
    known = {added.content for added in bare.get_added_tokens_decoder().values()}
    cut = re.compile("|".join(re.escape(p) for p in sorted(PHRASES, key=len, reverse=True)))
    for text in texts:
        for piece in cut.split(text):
            lower = normalizer.normalize_str(piece)
            words.update(word for word, _ in splitter.pre_tokenize_str(lower))
    names = SPECIAL + sorted(words - known)
    vocabulary = {name: number for number, name in enumerate(names)}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token=UNKNOWN))
    tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = splitter
    # Puts one blank between tokens, none before a comma or full stop.
    tokenizer.decoder = decoders.WordPiece(prefix="##", cleanup=True)
    add_phrases(tokenizer)
    return tokenizer


def add_phrases(tokenizer):
    tokenizer.add_special_tokens(
        [AddedToken(name, special=True, normalized=False) for name in SPECIAL]
    )
    names = PHRASES + list(LISTED) + list(ACTIONS)
    tokenizer.add_tokens([AddedToken(name, normalized=False) for name in names])


class Layout:
    """Builds the sequences that the decoder builds."""

    def __init__(self, tokenizer):
        self.tokenizer = tokenizer
        self.text_size = tokenizer.get_vocab_size(with_added_tokens=True)
        self.size = self.text_size + TILES
        ids = {name: tokenizer.token_to_id(name) for name in SPECIAL}
        self.mask, self.end, self.gap, self.unknown = ids[MASK], ids[END], ids[GAP], ids[UNKNOWN]
        self.newline, self.boi, self.eoi = ids["<newline>"], ids["<boi>"], ids["<eoi>"]
        self.action_ids = [tokenizer.token_to_id(name) for name in ACTIONS]
        self.answer, self.end_answer = ids["<answer>"], ids["</answer>"]

    def encode(self, text):
        return self.tokenizer.encode(text, add_special_tokens=False).ids

    def prompt(self, instruction, edit):
        """The ids of the prompt, as one string."""
        return self.prompt_with_letters(instruction, edit)[0]

    def prompt_with_letters(self, instruction, edit):
        """The ids of the prompt, and for each letter of the instruction the place of its token."""
        system = EDIT if edit else GENERATE
        before = f"<system>{system}</system><user>"
        encoding = self.tokenizer.encode(f"{before}{instruction}</user>", add_special_tokens=False)
        letters = {
            letter - len(before): place
            for place, (start, stop) in enumerate(encoding.offsets) for letter in range(start, stop)
        }
        return encoding.ids, letters

    def picture(self, board):
        """A picture's tokens: begin, rows each ended by newline, end. `None` cells are masked."""
        tokens = [self.boi]
        for row in range(SIDE):
            for cell in board[row * SIDE : (row + 1) * SIDE]:
                tokens.append(self.mask if cell is None else self.text_size + int(cell))
            tokens.append(self.newline)
        return tokens + [self.eoi]

    def reasoning(self, text):
        """The text region: three parts at their places."""
        parts = [f"{part}." for part in text.rstrip(".").split(". ")]
        if len(parts) != 3:
            raise ValueError(f"not three sentences: {text}")
        seen, plan, result = parts
        if plan.startswith("I need "):
            second = [(None, token) for token in self.encode(plan)]
        else:
            second = self.actions(seen, plan)
        region = [self.gap] * TEXT
        for part, (start, stop) in zip((self.listed(seen), second, self.listed(result)), SECTIONS):
            place = start
            for cell, token in part:
                if cell is not None:
                    place = max(place, start + 1 + (SIDE + 1) * (cell // SIDE) + cell % SIDE)
                if place >= stop:
                    raise ValueError(f"does not fit: {text}")
                region[place] = token
                place += 1
        return region

    def listed(self, sentence):
        """The tokens of a list, with the cells that they speak of."""
        for token in self.encode(sentence):
            known = LISTED.get(self.tokenizer.id_to_token(token))
            yield known and CELLS.index(known[3]), token

    def actions(self, seen, plan):
        """What is done, in the order of the cells where it begins."""
        places = dict(
            reversed(item.rstrip(".").split(" at ")) for item in seen.removeprefix("I see ").split(", ")
        )
        cells = {thing: CELLS.index(cell) for cell, thing in places.items()}
        found = []
        for action in plan.rstrip(".").removeprefix("I ").split(", "):
            name = f"I {action}."
            verb, before, _, cell = ACTIONS[name]
            begins = CELLS.index(cell) if verb == "add" else cells[" ".join(before)]
            found.append((begins, self.tokenizer.token_to_id(name)))
        return sorted(found)

    def moved(self, before, reasoning):
        """Where what lies at a cell goes, by cell."""
        cells = {" ".join(THINGS[code - 1]): cell for cell, code in enumerate(before) if code}
        moves = re.findall(r"move (\w+ \w+) to (\w\d)", reasoning)
        return {cells[thing]: CELLS.index(cell) for thing, cell in moves}

    def sequence(self, prompt, before, after, region):
        """The whole sequence. `before` is `None` for generation, `region` is empty for image only."""
        shown = [] if before is None else self.picture(before)
        head = prompt[:-1] + shown + prompt[-1:] + [self.answer]
        return head + self.picture(after) + list(region) + [self.end_answer]

    def answer_places(self, length, text=TEXT):
        """Places of the 36 cells and of the text region, counted from the end of the sequence."""
        first_text = length - 1 - text
        first = first_text - 1 - SIDE * (SIDE + 1)
        cells = [first + row * (SIDE + 1) + column for row in range(SIDE) for column in range(SIDE)]
        return cells, list(range(first_text, first_text + text))


def read_records(path, limit=None):
    with open(path, encoding="utf-8") as lines:
        for number, line in enumerate(lines):
            if limit is not None and number >= limit:
                return
            yield json.loads(line)
