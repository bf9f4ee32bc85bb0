"""Seeds for torch's generators: a different one for each use, and each epoch or step."""

from __future__ import annotations

WHOLE = 2**64 - 1
ORDER, DROPOUT, AUGMENTATION = range(3)
ATTACK, MEMBER, BOOTSTRAP = range(16, 19)


def seed_of(seed: int, use: int, place: int) -> int:
    """Derive a seed from the experiment's seed, a use and the number of an epoch, step or member.

    All three are mixed into every bit. torch's CPU generator reads the lowest 32 bits only, so that a mere
    concatenation would lose the upper number.

    Source: Steele, Lea and Flood, Fast splittable pseudorandom number generators, 2014 (the mixing function).
    """
    mixed = 0
    for number in (seed, use, place):
        mixed = (mixed ^ number) + 0x9E3779B97F4A7C15 & WHOLE
        mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9 & WHOLE
        mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EB & WHOLE
        mixed ^= mixed >> 31
    return mixed
