"""One dataset: what is in it, and a page of its images."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from api_schemas.datasets.dataset import DatasetFacts
from augury.augmentation.preview.sheet import magnification_for
from augury.reporting.formatting import plain
from augury.wording import count, joined, listed
from service.datasets import images
from service.web.datasets import words

MAX_CLASSES = 200
"""In the table of classes; more are said to be more, and can be had from the interface."""
IMAGES_ON_A_PAGE = 48
_MAX_SIZES = 8
_THUMBNAIL_PIXELS = 96


@dataclass(frozen=True)
class ClassCount:
    """A class with its images, in all and by split; *share* is of the largest class, 0 to 1."""

    name: str
    images: int
    share: float
    by_split: tuple[int, ...]


@dataclass(frozen=True)
class Contents:
    """What ingestion has measured, in words.

    Attributes:
        facts: as they are.
        classes: the largest first if there are more than are shown, else in their order.
        more_classes: that are not shown.
        splits: names of the fixed ones.
        said: a name and a value each, for a list.
        duplicates: what is to be said of copies; empty where there are none.
    """

    facts: DatasetFacts
    classes: list[ClassCount]
    more_classes: int
    splits: tuple[str, ...]
    said: list[tuple[str, str]]
    duplicates: str


def contents_of(facts: DatasetFacts) -> Contents:
    """What there is to say of a dataset that was read."""
    counted = list(facts.classes.items())
    if len(counted) > MAX_CLASSES:
        counted = sorted(counted, key=lambda pair: -pair[1])[:MAX_CLASSES]
    largest = max((images for _, images in counted), default=0) or 1
    splits = tuple(facts.splits)
    classes = [
        ClassCount(name, images, images / largest, tuple(facts.splits[split].get(name, 0) for split in splits))
        for name, images in counted
    ]
    return Contents(facts, classes, len(facts.classes) - len(classes), splits, _said(facts), _duplicates(facts))


def _said(facts: DatasetFacts) -> list[tuple[str, str]]:
    low, high = facts.value_range
    said = [
        ("Images", f"{facts.images:,}"),
        ("Classes", f"{len(facts.classes):,}"),
        ("Stored as", f"{words.size_of(facts)}, {facts.dtype}"),
        ("Values", f"{low:g} to {high:g}"),
        ("Mean by channel", _numbers(facts.channel_mean)),
        ("Deviation by channel", _numbers(facts.channel_std)),
        ("Source sizes", _counts(facts.sizes).replace("x", " × ")),
        ("File types", _counts(facts.extensions)),
        ("Groups", "" if facts.groups is None else f"{facts.groups:,}, kept together in splits"),
    ]
    return [(name, value) for name, value in said if value]


def _duplicates(facts: DatasetFacts) -> str:
    """Copies and images without content, each with what is wrong about it."""
    said = []
    if facts.duplicates:
        kinds = [
            f"{facts.duplicates_with_other_label:,} have another class" if facts.duplicates_with_other_label else "",
            f"{facts.duplicates_across_splits:,} lie in another split" if facts.duplicates_across_splits else "",
        ]
        of_these = f", of which {joined(list(filter(None, kinds)))}" if any(kinds) else ""
        said.append(f"{count(facts.duplicates, 'image')} copied from an earlier one{of_these}")
    if facts.near_constant:
        said.append(f"{count(facts.near_constant, 'image')} with hardly anything on it")
    return "; ".join(said)


def _numbers(values: list[float]) -> str:
    return ", ".join(f"{value:.4g}" for value in values)


def _counts(counts: Mapping[str, int]) -> str:
    ordered = sorted(counts.items(), key=lambda item: -item[1])
    return listed([f"{plain(name)} ({number:,})" for name, number in ordered], _MAX_SIZES)


@dataclass(frozen=True)
class Thumbnail:
    """One image; *source* is the file or row that it was made from, where that was kept."""

    index: int
    class_name: str
    source: str | None


@dataclass(frozen=True)
class Gallery:
    """A page of images, in an order that is drawn once for all: each page is a fair sample.

    Attributes:
        items: the images.
        matching: that there are of the class and split in all.
        page: 0 is the first one.
        pages: how many there are.
        width: that an image is shown with, in pixels, and its *height*.
    """

    items: list[Thumbnail]
    matching: int
    page: int
    pages: int
    width: int
    height: int


def gallery_of(page: images.Page, selection: images.Selection) -> Gallery:
    """The images that were selected, to be laid out."""
    shown = images.as_json(page)
    items = [
        Thumbnail(each.index, plain(each.class_name), each.source and plain(each.source, 200)) for each in shown.items
    ]
    width, height = thumbnail_size(page.facts)
    return Gallery(items, page.matching, selection.page, -(-page.matching // selection.count), width, height)


def thumbnail_size(facts: DatasetFacts) -> tuple[int, int]:
    """Width and height of an image on a page: as it is drawn, or smaller."""
    drawn = magnification_for(facts, None)
    width, height = drawn.of(facts.shape[1]), drawn.of(facts.shape[0])
    scale = min(1.0, _THUMBNAIL_PIXELS / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))
