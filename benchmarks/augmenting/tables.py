"""Figures as tables, of Markdown that can be read as it is."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.augmenting.figures import Comparison, Grey
from benchmarks.augmenting.turns import Ratio

NOT_RUN = (
    "kornia and DALI are not run here: both are made for batches on a GPU, DALI for NVIDIA's alone, and everything here"
    " is measured on processors."
)


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table whose first column is to the left and whose others are to the right, padded to be read as text."""
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    head, *lines = ([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])] for row in (heads, *rows))
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, rule, *lines))


def shown(ratio: Ratio, digits: int = 1) -> str:
    """The median, and between what it lay."""
    return f"{ratio.median:.{digits}f} ({ratio.lowest:.{digits}f}–{ratio.highest:.{digits}f})"


def engines_table(comparison: Comparison) -> str:
    """All engines of a case, the fastest first."""
    rows = [
        [
            name,
            f"{each.images_per_second:,.0f}",
            f"{each.nanoseconds_per_pixel:.2f}",
            f"{each.bytes_per_second / 1e9:.2f}",
            f"{each.of_copy:.3f}",
            shown(each.to_reference),
            f"{each.wall_to_reference.median:.1f}",
        ]
        for name, each in sorted(comparison.engines.items(), key=lambda item: -item[1].images_per_second)
    ]
    heads = ["engine", "images/s a core", "ns a pixel", "GB/s", "of a copy", "to Keras", "by the wall"]
    beside = f"Augury's flow is {shown(comparison.to_fastest_other)} times {comparison.fastest_other};"
    beside += f" its largest difference from Keras is {comparison.largest_difference:.2g}."
    return f"{comparison.case}\n\n{table(heads, rows)}\n\n{beside}"


def summary_table(comparisons: Sequence[Comparison], own: str, reference: str) -> str:
    """A line a case: the reference, Augury, and the fastest other."""
    rows = [
        [
            str(each.case),
            f"{each.engines[reference].images_per_second:,.0f}",
            f"{each.engines[own].images_per_second:,.0f}",
            f"{each.engines[own].nanoseconds_per_pixel:.2f}",
            f"{each.engines[own].of_copy:.2f}",
            shown(each.engines[own].to_reference),
            f"{each.engines[own].wall_to_reference.median:.1f}",
            each.fastest_other,
            shown(each.to_fastest_other),
        ]
        for each in comparisons
    ]
    heads = ["case", "Keras/s", "Augury/s", "ns a pixel", "of a copy", "to Keras", "by the wall"]
    return table([*heads, "fastest other", "to that"], rows)


def grey_table(found: Sequence[Grey]) -> str:
    """A line for each engine and spec: nanoseconds a pixel, and how many times that of others grey costs.

    Args:
        found: all of the same sizes.
    """
    sizes, pairs = list(found[0].nanoseconds), list(found[0].dearer)
    rows = [
        [f"{each.spec}, {each.engine}"]
        + [f"{each.nanoseconds[size]:.2f}" for size in sizes]
        + [shown(each.dearer[pair], 2) for pair in pairs]
        for each in found
    ]
    return table(["ns a pixel", *(each.replace("x", "×") for each in (*sizes, *pairs))], rows)
