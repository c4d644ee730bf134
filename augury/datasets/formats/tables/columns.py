"""Which column holds the file, the label, the split and the group: by usual names, or by the ones that are given."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from api_schemas.datasets.references import ManifestColumns
from augury.datasets.errors import DatasetError


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_USUAL: Mapping[str, frozenset[str]] = {
    "file": _words("file files filename filenames filepath path paths img imgs image images")
    | _words("imagepath imgpath imagefile imgfile imagename imgname imagefilename"),
    "label": _words("label labels class classes classname category target targets y labelname classlabel diagnosis"),
    "split": _words("split splits subset set partition"),
    "group": _words("group groups groupid patient patients patientid subject subjects subjectid"),
}
_LIKELY_LABELS = _words("classid labelid categoryid species breed tag tags findinglabel findinglabels dx disease")
"""Names that hold labels where no other column has a usual name for them."""
_FOLDS = _words("fold folds foldid kfold cvfold")
_MAX_LISTED = 20
RULE = "manifest.columns"


@dataclass(frozen=True)
class Columns:
    """The indices of the columns in a row; None: there is no such column."""

    file: int
    label: int
    split: int | None
    group: int | None
    split_is_given: bool
    """Whether the client named the split column, so that every value of it must make sense."""
    one_hot: tuple[int, ...] = ()
    """Columns of 0 and 1, one for each class; where there are such, *label* means nothing."""


def usual_indices(found: Sequence[str], role: str) -> list[int]:
    """Where columns with a usual name for *role* are; case, spaces, hyphens and underscores make no difference."""
    return [index for index, name in enumerate(found) if _plain(name) in _USUAL[role]]


def likely_label_indices(found: Sequence[str]) -> list[int]:
    """Where columns with a name that labels have at times are."""
    return [index for index, name in enumerate(found) if _plain(name) in _LIKELY_LABELS]


def fold_names(found: Sequence[str]) -> list[str]:
    """Columns that number folds, which nothing is made of unless it is asked for."""
    return [name for name in found if _plain(name) in _FOLDS]


def find_columns(found: Sequence[str], given: ManifestColumns | None, where: str) -> Columns:
    """The columns of a table with the names *found*.

    Raises:
        DatasetError: ``manifest.columns``: a column is missing, or there are several for the same purpose.
    """
    chosen = given or ManifestColumns()
    file = _index_of(found, "file", chosen.file, where)
    label = _index_of(found, "label", chosen.label, where)
    if file is None or label is None:
        raise missing_column(found, "file" if file is None else "label", where)
    split = _index_of(found, "split", chosen.split, where)
    group = _index_of(found, "group", chosen.group, where)
    return Columns(file, label, split, group, split_is_given=chosen.split is not None)


def missing_column(found: Sequence[str], role: str, where: str) -> DatasetError:
    """What is raised where no column is known to hold the file or the label."""
    return DatasetError(
        RULE,
        f"{where} has no column that is known to hold the {role}; its columns are {quoted_names(found)}; "
        f'name it as columns: {{"{role}": ...}} in the reference',
    )


def quoted_names(names: Sequence[str]) -> str:
    """Names for a message, each cut to a readable length, the first twenty of them."""
    shown = ", ".join(repr(name[:60]) for name in names[:_MAX_LISTED])
    more = len(names) - _MAX_LISTED
    return f"{shown} and {more} more" if more > 0 else shown or "none"


def _index_of(found: Sequence[str], role: str, given: str | None, where: str) -> int | None:
    indices = usual_indices(found, role) if given is None else given_indices(found, given)
    if len(indices) > 1:
        several = quoted_names([found[index] for index in indices])
        raise DatasetError(
            RULE, f'{where} has several columns for the {role}: {several}; choose one as columns: {{"{role}": ...}}'
        )
    if given is not None and not indices:
        raise DatasetError(RULE, f"{where} has no column {given!r}; its columns are {quoted_names(found)}")
    return indices[0] if indices else None


def given_indices(found: Sequence[str], given: str) -> list[int]:
    """Where the column that the client named is: as written, or else in any case."""
    exact = [index for index, name in enumerate(found) if name == given]
    return exact or [index for index, name in enumerate(found) if name.casefold() == given.casefold()]


def _plain(name: str) -> str:
    return re.sub(r"[\s_-]", "", name).casefold()
