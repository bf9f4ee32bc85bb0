from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from engine.catalogue.part import hparam
from engine.examples import Examples
from engine.parts.datasets import Dataset


class Tokens(Dataset):
    """Token sequences: rows of word numbers; the class says whether kind words outweigh unkind ones.

    A third of the made-up vocabulary is kind, a third unkind, a third says nothing; which number means what is drawn by
    the seed. So the size of a number carries no meaning: a dense layer on the numbers themselves stays near chance
    (1/2), while an embedding gives each word a place of its own and makes the sum easy. A perfect model is always
    right.

    Use: Embeddings: the same network with and without one.

    Trouble: Preprocessing makes fractions of word numbers: an embedding then takes the wrong rows.

    Shape: (length,): word numbers from 0 to vocabulary − 1. Preprocessing leaves them no longer words: use none.

    Source: Bengio, Ducharme, Vincent and Jauvin, A neural probabilistic language model, 2003 (words as vectors).
    """

    rank: ClassVar[int] = 34
    kind: Literal["tokens"] = "tokens"
    samples: int = hparam(2000, "How many sequences.", ge=20, le=20_000, log=True)
    length: int = hparam(12, "Words of a sequence.", ge=4, le=100, unit="words")
    vocabulary: int = hparam(60, "How many different words.", ge=6, le=1000, unit="words", log=True)

    def load(self, seed: int) -> Examples:
        rng = np.random.default_rng(seed)
        means = rng.permutation(np.arange(self.vocabulary) % 3 - 1)  # −1, 0 or 1 for each word
        words = rng.integers(0, self.vocabulary, (self.samples, self.length))
        balance = means[words].sum(1)
        tied = np.flatnonzero(balance == 0)
        # a word that moves the sum off zero takes the place of one that says nothing or the opposite
        wish = rng.choice([-1, 1], len(tied))
        given = np.where(wish > 0, *(rng.choice(np.flatnonzero(means == sign), len(tied)) for sign in (1, -1)))
        position = (means[words[tied]] != wish[:, None]).argmax(1)
        words[tied, position] = given
        y = means[words].sum(1) > 0
        names = ("unkind", "kind")
        return Examples(
            words.astype(np.float32), y.astype(np.int64), "classification", names, vocabulary_size=self.vocabulary
        )
