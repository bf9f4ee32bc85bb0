"""Seeds for torch's generators: a different one for each use, and each epoch or step."""

from __future__ import annotations

UINT64_MAX = 2**64 - 1
ORDER, DROPOUT, AUGMENTATION = range(3)
ATTACK, MEMBER, BOOTSTRAP = range(16, 19)


def seed_of(seed: int, use: int, index: int) -> int:
    """Derive a seed of 64 bits from the experiment's seed, a use and the index of an epoch, step or member.

    All three are mixed into every bit. torch's CPU generator reads the lowest 32 bits only, so that a mere
    concatenation would lose the upper number.

    Source: Steele, Lea and Flood, Fast splittable pseudorandom number generators, 2014 (the mixing function).
    """
    mixed = 0
    for number in (seed, use, index):  # SplitMix64, whose state takes in one number after another
        mixed = (mixed ^ number) + 0x9E3779B97F4A7C15 & UINT64_MAX
        mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9 & UINT64_MAX
        mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EB & UINT64_MAX
        mixed ^= mixed >> 31
    return mixed
