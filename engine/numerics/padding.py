"""Zero padding of convolutions."""

from __future__ import annotations


def compute_padding(border: str, kernel: int, padding: int) -> tuple[int, int]:
    """The zeros before and after along each axis; together they are the 2p of the output size (x − k + 2p) / s + 1.

    The same size needs 2p = k − 1; for an even k the odd zero comes after.

    Source: Dumoulin and Visin, A guide to convolution arithmetic for deep learning, 2016.
    """
    if border == "same":
        return (kernel - 1) // 2, kernel // 2
    return {"valid": (0, 0), "full": (kernel - 1, kernel - 1)}.get(border, (padding, padding))
