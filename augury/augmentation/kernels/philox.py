"""Philox4x32-10: random numbers as a pure function of a counter and a key.

Salmon, Moraes, Dror and Shaw, "Parallel Random Numbers: As Easy as 1, 2, 3", SC 2011. The key is the seed, the
counter (block, epoch, sample), so that no state has to be carried from one image to the next.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit, uint32, uint64

_MULTIPLIER_0, _MULTIPLIER_1 = 0xD2511F53, 0xCD9E8D57
_WEYL_0, _WEYL_1 = 0x9E3779B9, 0xBB67AE85
_ROUNDS = 10
_LOW_32 = 0xFFFFFFFF


@njit(cache=True, nogil=True, _nrt=False)
def philox4x32(c0, c1, c2, c3, k0, k1):
    """Four 32-bit random numbers (as uint64 below 2**32) for a counter and a key of 32-bit words."""
    c0, c1, c2, c3 = uint64(c0), uint64(c1), uint64(c2), uint64(c3)
    k0, k1 = uint64(k0), uint64(k1)
    for _ in range(_ROUNDS):
        product_0 = uint64(_MULTIPLIER_0) * c0
        product_1 = uint64(_MULTIPLIER_1) * c2
        high_0, low_0 = product_0 >> uint64(32), product_0 & uint64(_LOW_32)
        high_1, low_1 = product_1 >> uint64(32), product_1 & uint64(_LOW_32)
        c0, c1, c2, c3 = high_1 ^ c1 ^ k0, low_1, high_0 ^ c3 ^ k1, low_0
        k0 = (k0 + uint64(_WEYL_0)) & uint64(_LOW_32)
        k1 = (k1 + uint64(_WEYL_1)) & uint64(_LOW_32)
    return uint32(c0), uint32(c1), uint32(c2), uint32(c3)


@njit(cache=True, nogil=True, _nrt=False)
def uniform_of(high, low):
    """A number in [0, 1) with 53 bits, of two words of 32."""
    return ((uint64(high) >> uint64(5)) * 67108864.0 + (uint64(low) >> uint64(6))) / 9007199254740992.0


@njit(cache=True, nogil=True, _nrt=False)
def pair_of_uniforms(seed, epoch, sample, number):
    """The uniform numbers 2·number and 2·number + 1 of a sample's stream in an epoch."""
    mask = uint64(_LOW_32)
    # 16 bits for the block, 48 for the sample
    word_1 = (sample >> uint64(32)) << uint64(16) | uint64(number)
    a, b, c, d = philox4x32(
        sample & mask, word_1 & mask, epoch & mask, epoch >> uint64(32), seed & mask, seed >> uint64(32)
    )
    return uniform_of(a, b), uniform_of(c, d)


@njit(cache=True, nogil=True, _nrt=False)
def _fill(seed, epoch, indices, out):
    for row in range(len(indices)):
        for number in range((out.shape[1] + 1) // 2):
            first, second = pair_of_uniforms(seed, epoch, uint64(indices[row]), number)
            out[row, 2 * number] = first
            if 2 * number + 1 < out.shape[1]:
                out[row, 2 * number + 1] = second


def require_64_bits(**values: int) -> None:
    """Check seeds and epochs.

    Raises:
        ValueError: one is negative or needs more than 64 bits.
    """
    for name, value in values.items():
        if not 0 <= value < 2**64:
            raise ValueError(f"{name} must be in [0, 2**64), got {value}")


def uniforms(seed: int, epoch: int, indices: npt.NDArray[np.int64], count: int) -> npt.NDArray[np.float64]:
    """Uniform numbers ``[len(indices), count]`` in [0, 1) with 53 bits, one row a sample.

    Raises:
        ValueError: the seed or the epoch is negative or needs more than 64 bits.
    """
    require_64_bits(seed=seed, epoch=epoch)
    out = np.empty((len(indices), count))
    _fill(np.uint64(seed), np.uint64(epoch), indices, out)
    return out
