"""The head of an ``.npy`` file whose values are written behind it piece by piece."""

from __future__ import annotations

import io

import numpy as np


def npy_header(description: str, shape: tuple[int, ...]) -> bytes:
    """The header of an array in C order, e.g. ``"<f4"``; NumPy pads it, so that all shapes ``[N, ...]`` are as long."""
    buffer = io.BytesIO()
    header = {"descr": description, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(buffer, header)
    return buffer.getvalue()
