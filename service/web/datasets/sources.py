"""Where a dataset may come from: what the operator allows, as the form offers it."""

from __future__ import annotations

from dataclasses import dataclass

from augury.datasets.reference_rules import SHIPPED
from augury.datasets.settings import IngestSettings, variable_of

_DOWNLOADED = ("mnist", "fashion_mnist", "cifar10", "cifar100")
_SIZES = ("bytes", "kB", "MB", "GB", "TB")


@dataclass(frozen=True)
class Field:
    """A field of a reference, as a form asks for it.

    Attributes:
        name: in the reference.
        label: for people.
        example: of what may be in it.
        choices: what it may be, where these are few.
        is_required: whether there is no dataset without it.
    """

    name: str
    label: str
    example: str = ""
    choices: tuple[str, ...] = ()
    is_required: bool = True


@dataclass(frozen=True)
class Source:
    """A kind of reference: *note* says what is allowed of it, *is_shaped* if its images can be brought to a size."""

    kind: str
    label: str
    fields: tuple[Field, ...]
    note: str = ""
    is_shaped: bool = True


def allowed(settings: IngestSettings) -> list[Source]:
    """The kinds that may be given by reference, the one that needs nothing first."""
    names = (SHIPPED, *_DOWNLOADED) if settings.downloads else (SHIPPED,)
    found = [Source("builtin", "Built in", (Field("name", "Dataset", choices=names),), is_shaped=False)]
    if settings.roots:
        below = "Below " + " or ".join(map(str, settings.roots))
        found.append(
            Source("path", "A folder of the service", (Field("path", "Path", f"{settings.roots[0]}/flowers"),), below)
        )
    if settings.url:
        hosts = f"Of {' or '.join(settings.url_hosts)}" if settings.url_hosts else "Of any public host, over https"
        checksum = Field("sha256", "SHA-256 of the file, if known", is_required=False)
        found.append(Source("url", "An address", (Field("url", "Address", "https://…/flowers.zip"), checksum), hosts))
    for kind, label in (("s3", "Amazon S3"), ("gs", "Google Storage")):
        buckets = tuple(each.split("://")[1].rstrip("/") for each in settings.buckets if each.startswith(f"{kind}://"))
        if buckets:
            key = Field("key", "Object, or a prefix that ends in a slash", "flowers/")
            found.append(Source(kind, label, (Field("bucket", "Bucket", choices=buckets), key)))
    if settings.huggingface_endpoint is not None:
        configuration = Field("configuration", "Configuration, if there are several", is_required=False)
        repository = Field("repository", "Repository", "ylecun/mnist")
        found.append(Source("huggingface", "Hugging Face", (repository, configuration)))
    return found


def not_allowed(settings: IngestSettings) -> list[str]:
    """What an operator could allow beside that, each with the variable that does."""
    closed = {
        "downloads": ("other built-in sets", not settings.downloads),
        "roots": ("folders of the service", not settings.roots),
        "url": ("addresses", not settings.url),
        "buckets": ("buckets", not settings.buckets),
        "huggingface_endpoint": ("Hugging Face", settings.huggingface_endpoint is None),
    }
    return [f"{what} ({variable_of(field)})" for field, (what, is_closed) in closed.items() if is_closed]


def bytes_in_words(size: int) -> str:
    """10 GB, 250 MB: by powers of 1024, as the limits are set."""
    amount, unit = float(size), 0
    while amount >= 1024 and unit < len(_SIZES) - 1:
        amount, unit = amount / 1024, unit + 1
    return f"{amount:.3g} {_SIZES[unit]}"
