"""Turns the world's training records into arrays, and arrays into batches of equal length."""

import argparse
from collections import defaultdict
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from compact import answer
from layout import ACTIONS, CELLS, LISTED, TEXT, Layout, read_records, train_tokenizer
from names import CHAIN, named

# How often a record of a category is drawn, beside others: what is hard to learn more often, and
# prompts, where a picture's layout is free and there is little to learn, seldom.
WEIGHTS = {
    "spatial": 1.5, "temporal": 0.7, "causal": 1.1, "knowledge": 1.0, "general": 1.5, "generation": 0.3,
}
# The same for instructions that name an object by way of another.
CHAIN_WEIGHT = 1.5
# Names in one instruction, at most.
NAMES = 6
# Records that the vocabulary is read from; every word of the world comes in far fewer.
VOCABULARY_RECORDS = 60_000


def prepare(source, folder, limit):
    """Writes tokenizer.json and data.npz."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = []
    for record in read_records(source, VOCABULARY_RECORDS):
        texts.append(record["instruction"])
        if record["before"] is None:
            texts.append(record["reasoning"].split(". ")[1])
    tokenizer = train_tokenizer(texts)
    tokenizer.save(str(folder / "tokenizer.json"))
    layout = Layout(tokenizer)
    known = set(tokenizer.get_vocab())
    assert set(LISTED) <= known and set(ACTIONS) <= known
    lines, starts, before, afters, regions, edits = [], [0], [], [], [], []
    weights, names = [], []
    nothing = [0] * len(CELLS)
    for record in read_records(source, limit):
        edit = record["before"] is not None
        after, reasoning = record["after"], record["reasoning"]
        if not edit:
            seen, plan, _ = reasoning.split(". ")
            after, result = answer(plan)
            reasoning = f"{seen}. {plan}. {result}"
        prompt, letters = layout.prompt_with_letters(record["instruction"], edit)
        region = layout.reasoning(reasoning)
        if layout.unknown in prompt or layout.unknown in region:
            raise ValueError(f"a word that the tokenizer does not know: {record}")
        lines += prompt
        starts.append(len(lines))
        before.append(record["before"] or nothing)
        afters.append(after)
        regions.append(region)
        edits.append(edit)
        weights.append(WEIGHTS[record["category"]])
        found = named(record["instruction"], record["before"]) if edit else []
        moved = layout.moved(record["before"], reasoning) if found else {}
        found = [(letters[place], cell, moved.get(cell, cell)) for place, cell in found]
        weights[-1] *= CHAIN_WEIGHT if edit and CHAIN.search(record["instruction"]) else 1.0
        names.append(found[:NAMES] + [(-1, -1, -1)] * (NAMES - len(found)))
    np.savez(
        folder / "data.npz",
        prompts=np.array(lines, np.int16), starts=np.array(starts), edits=np.array(edits),
        before=np.array(before, np.uint8), after=np.array(afters, np.uint8),
        regions=np.array(regions, np.int16), weights=np.array(weights, np.float32),
        names=np.array(names, np.int16),
    )
    print(f"{len(edits)} records, {layout.text_size} text ids, longest prompt {np.diff(starts).max()}")


class Batches:
    """Batches of whole sequences, all of one length so that nothing is padded."""

    def __init__(self, folder):
        stored = np.load(folder / "data.npz")
        self.prompts, self.starts, self.edits = (stored[k] for k in ("prompts", "starts", "edits"))
        self.before, self.after, self.regions = (stored[k] for k in ("before", "after", "regions"))
        self.names, weights = stored["names"], stored["weights"]
        self.layout = Layout(Tokenizer.from_file(str(folder / "tokenizer.json")))
        layout = self.layout
        self.is_action = np.zeros(layout.size, bool)
        self.is_action[layout.action_ids] = True
        self.unprompted = {edit: layout.prompt("<uncondition>", edit) for edit in (False, True)}
        groups = defaultdict(list)
        for number, size in enumerate(np.diff(self.starts)):
            groups[bool(self.edits[number]), int(size)].append(number)
        self.keys = sorted(groups)
        self.groups = {key: np.array(groups[key]) for key in self.keys}
        # Running sums of the weights within a group, to draw from it.
        self.sums = {key: np.cumsum(weights[self.groups[key]], dtype=float) for key in self.keys}
        shares = np.array([self.sums[key][-1] for key in self.keys])
        self.shares = shares / shares.sum()
        self.blank = layout.picture([None] * len(CELLS))
        self.cells = [i for i, token in enumerate(self.blank) if token == layout.mask]

    def pictures(self, boards):
        tokens = np.tile(np.array(self.blank, np.int64), (len(boards), 1))
        tokens[:, self.cells] = boards.astype(np.int64) + self.layout.text_size
        return tokens

    def draw(self, dice, size, drop_prompt, drop_image, drop_text):
        """One batch: ids, places of the cells, places of the text (empty for image only), places of the
        input's cells (empty where none is shown), and, for each name of an instruction, its row, its
        place there, the cell of what it names and where that goes (none where instruction or input are
        left out)."""
        key = edit, length = self.keys[dice.choice(len(self.keys), p=self.shares)]
        drawn = np.searchsorted(self.sums[key], dice.random(size) * self.sums[key][-1], side="right")
        numbers = self.groups[key][drawn]
        prompted = dice.random() >= drop_prompt
        if not prompted:
            prompts = np.tile(np.array(self.unprompted[edit], np.int64), (size, 1))
        else:
            prompts = np.stack([self.prompts[self.starts[n] : self.starts[n + 1]] for n in numbers])
        shown = edit and dice.random() >= drop_image
        text = 0 if dice.random() < drop_text else TEXT

        def column(token):
            return np.full((size, 1), token, np.int64)

        parts = [prompts[:, :-1].astype(np.int64)]
        parts += [self.pictures(self.before[numbers])] if shown else []
        parts += [prompts[:, -1:].astype(np.int64), column(self.layout.answer)]
        parts += [self.pictures(self.after[numbers])]
        parts += [self.regions[numbers].astype(np.int64)] if text else []
        parts += [column(self.layout.end_answer)]
        ids = np.concatenate(parts, axis=1)
        cells, words = self.layout.answer_places(ids.shape[1], text)
        # The input picture ends two places before `<answer>`, which is two before the first cell.
        first = cells[0] - 3 - len(self.blank)
        inputs = [first + place for place in self.cells] if shown else []
        names = self.names[numbers].astype(np.int64)
        rows, some = np.nonzero(names[..., 0] >= 0) if shown and prompted else ([], [])
        names = np.stack((np.array(rows, np.int64), *names[rows, some].reshape(-1, 3).T))
        return ids, np.array(cells), np.array(words, np.int64), np.array(inputs, np.int64), names


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", type=Path, help="data.jsonl of `parabench shapes training-data`")
    parser.add_argument("folder", type=Path, help="where tokenizer.json and data.npz go")
    parser.add_argument("--limit", type=int)
    options = parser.parse_args()
    prepare(options.source, options.folder, options.limit)
