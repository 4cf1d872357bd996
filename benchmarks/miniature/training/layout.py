"""The tokenizer and the sequence layout of the checkpoint (family A).

The tokenizer is word level. What a list says of a cell (`red circle at b2,`) and a few
fixed phrases are single tokens, so that one token of text speaks of what one token of
the picture shows.

The three sentences of a reasoning text begin at fixed places of the text region. The first
and the last list a picture in reading order: each cell has its own place there, row by row
as in the picture's tokens. What is left free is `<gap>`, a special token that vanishes when
the text is decoded.
"""

import json
import re

from tokenizers import AddedToken, Regex, Tokenizer
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
    [EDIT, GENERATE, "I see", "I need", "I move", "I turn", "I remove", "I add"]
    + ["The result holds", "nothing else"]
    + [f"{colour} {name}" for colour in COLOURS for name in SHAPES + PLURALS]
    + [f"at {cell}{mark}" for mark in ",." for cell in CELLS]
    + [f"to {cell}" for cell in CELLS]
    + ["I see nothing."]
)
# What lists say of a cell, by colour, shape, mark and cell.
LISTED = {
    f"{colour} {name} at {cell}{mark}": (colour, name, mark, cell)
    for colour in COLOURS for name in SHAPES for mark in ",." for cell in CELLS
}

# Places of the three sentences in the text region, and its length. The lists take one place
# for their opening words and 7 for each row: one per cell and one more, as a picture does.
SECTIONS = [(0, 43), (43, 68), (68, 111)]
TEXT = 111


def train_tokenizer(texts):
    """A tokenizer that knows every word of the texts."""
    normalizer = normalizers.Lowercase()
    splitter = pre_tokenizers.Whitespace()
    words = set(",.;:") | set(COLOURS) | set(SHAPES) | set(PLURALS)
    bare = Tokenizer(models.WordLevel({UNKNOWN: 0}, unk_token=UNKNOWN))
    add_phrases(bare)
    known = {added.content for added in bare.get_added_tokens_decoder().values()}
    cut = re.compile("|".join(re.escape(p) for p in sorted(known, key=len, reverse=True)))
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
    tokenizer.add_tokens([AddedToken(name, normalized=False) for name in PHRASES + list(LISTED)])


class Layout:
    """Builds the sequences that the decoder builds."""

    def __init__(self, tokenizer):
        self.tokenizer = tokenizer
        self.text_size = tokenizer.get_vocab_size(with_added_tokens=True)
        self.size = self.text_size + TILES
        ids = {name: tokenizer.token_to_id(name) for name in SPECIAL}
        self.mask, self.end, self.gap, self.unknown = ids[MASK], ids[END], ids[GAP], ids[UNKNOWN]
        self.newline, self.boi, self.eoi = ids["<newline>"], ids["<boi>"], ids["<eoi>"]
        self.answer, self.end_answer = ids["<answer>"], ids["</answer>"]

    def encode(self, text):
        return self.tokenizer.encode(text, add_special_tokens=False).ids

    def prompt(self, instruction, edit):
        """The ids of the prompt, as one string."""
        system = EDIT if edit else GENERATE
        return self.encode(f"<system>{system}</system><user>{instruction}</user>")

    def picture(self, board):
        """A picture's tokens: begin, rows each ended by newline, end. `None` cells are masked."""
        tokens = [self.boi]
        for row in range(SIDE):
            for cell in board[row * SIDE : (row + 1) * SIDE]:
                tokens.append(self.mask if cell is None else self.text_size + int(cell))
            tokens.append(self.newline)
        return tokens + [self.eoi]

    def reasoning(self, text):
        """The text region: three sentences at their places."""
        sentences, current = [], []
        for token in self.encode(text):
            current.append(token)
            if self.tokenizer.id_to_token(token).endswith("."):
                sentences.append(current)
                current = []
        if len(sentences) != 3 or current:
            raise ValueError(f"not three sentences: {text}")
        region = [self.gap] * TEXT
        for number, (sentence, (start, stop)) in enumerate(zip(sentences, SECTIONS)):
            place = start
            for token in sentence:
                listed = LISTED.get(self.tokenizer.id_to_token(token))
                if number != 1 and listed:
                    cell = CELLS.index(listed[3])
                    place = start + 1 + (SIDE + 1) * (cell // SIDE) + cell % SIDE
                if place >= stop or region[place] != self.gap:
                    raise ValueError(f"sentence {number + 1} does not fit: {text}")
                region[place] = token
                place += 1
        return region

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
