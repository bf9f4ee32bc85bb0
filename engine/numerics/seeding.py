"""Seeds for torch's generators, a different one for every use and place."""

from __future__ import annotations

WHOLE = 2**64 - 1
ORDER, DROPOUT, AUGMENTATION = range(3)
ATTACK, MEMBER, BOOTSTRAP = range(16, 19)


def seed_of(seed: int, use: int, place: int) -> int:
    """A seed from the experiment's, what it is for, and the epoch or step.

    All three reach every bit: torch's generator on the CPU looks at the lowest 32 alone, so that numbers merely put
    side by side would lose the upper one.

    Source: Steele, Lea and Flood, Fast splittable pseudorandom number generators, 2014 (the mixing function).
    """
    mixed = 0
    for number in (seed, use, place):
        mixed = (mixed ^ number) + 0x9E3779B97F4A7C15 & WHOLE
        mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9 & WHOLE
        mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EB & WHOLE
        mixed ^= mixed >> 31
    return mixed
