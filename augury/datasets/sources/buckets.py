"""``s3`` and ``gs`` references: an object, or all objects below a prefix, of a bucket that the operator allows."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

from augury.datasets.disk import disk_errors, require_room
from augury.datasets.errors import DatasetError
from augury.datasets.optional import required_library
from augury.datasets.reference_rules import key_problem
from augury.datasets.settings import variable_of
from augury.datasets.sources.base import Fetched, Request, open_fetched, require_size

_AT_ONCE = 8
_PIECE_BYTES = 8 * 2**20
_LOOK_SECONDS = 0.5


def _s3(**options: Any) -> Any:
    return required_library("s3fs", "buckets", "reading from S3").S3FileSystem(**options)


def _gs(**options: Any) -> Any:
    # Not what gcsfs registers as "gs", which asks by gRPC for the kind of the bucket; and never a browser for a login.
    token = "anon" if os.environ.get("STORAGE_EMULATOR_HOST") else "google_default"
    return required_library("gcsfs.core", "buckets", "reading from Google Cloud Storage").GCSFileSystem(
        token=token, **options
    )


_FILE_SYSTEMS = {"s3": _s3, "gs": _gs}
_NO_ACCESS = ("NoCredentialsError", "PartialCredentialsError", "DefaultCredentialsError", "RefreshError")
_NO_ANSWER = ("EndpointConnectionError", "ConnectTimeoutError", "ClientConnectorError")


def fetch_bucket(request: Request) -> Fetched:
    """Download the object as a file, or the objects as a folder in which they are named as below the prefix.

    Endpoint and credentials are the operator's, from the variables of the provider's own libraries.

    Raises:
        DatasetError: bucket.missing, bucket.denied, bucket.unreachable, bucket.too_large, bucket.too_many,
            bucket.too_slow, bucket.key, bucket.changed or disk.full.
    """
    reference = request.reference
    location = f"{reference['bucket']}/{reference['key']}"
    is_folder = not reference["key"] or reference["key"].endswith("/")
    target = request.workspace / "objects"
    with ThreadPoolExecutor(_AT_ONCE) as pool, _storage_errors(f"{reference['kind']}://{location}"):
        transfer = Transfer(request, pool)
        files = _FILE_SYSTEMS[reference["kind"]](skip_instance_cache=True, use_listings_cache=False)
        sizes = transfer.wait_for([pool.submit(_listing, files, location, is_folder, request)])[0]
        _require_fit(sizes, request)
        transfer.total = sum(sizes.values())
        transfer.wait_for(
            [
                pool.submit(transfer.copy, files, key, size, target / _relative(key, location) if is_folder else target)
                for key, size in sizes.items()
            ]
        )
    return open_fetched(target, location.rstrip("/").rpartition("/")[2])


class Transfer:
    """Objects on their way, which stop when one of them fails or the caller is told to stop."""

    def __init__(self, request: Request, pool: ThreadPoolExecutor) -> None:
        self.done, self.total = 0, 0
        self._request, self._pool = request, pool
        self._is_stopped = False
        self._give_up_at = time.monotonic() + request.settings.max_seconds

    def copy(self, files: Any, key: str, size: int, target: Path) -> None:
        """Copy *size* bytes of an object, piece by piece, to a new file."""
        with disk_errors():
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("xb") as file:
                for start in range(0, size, _PIECE_BYTES):
                    if self._is_stopped:
                        return
                    end = min(size, start + _PIECE_BYTES)
                    piece = files.cat_file(key, start=start, end=end)
                    if len(piece) != end - start:
                        raise DatasetError("bucket.changed", "an object changed while it was read; register it again")
                    file.write(piece)
                    self.done += len(piece)

    def wait_for(self, futures: list[Future[Any]]) -> list[Any]:
        """The results of all, reporting meanwhile.

        Raises:
            DatasetError: bucket.too_slow; and whatever one of them, or the report, raises.
        """
        waiting = set(futures)
        try:
            while waiting:
                finished, waiting = wait(waiting, _LOOK_SECONDS, FIRST_EXCEPTION)
                for future in finished:
                    future.result()
                self._request.report("downloading", self.done, self.total)
                if time.monotonic() > self._give_up_at:
                    message = f"the download took longer than {variable_of('max_seconds')} allows"
                    raise DatasetError("bucket.too_slow", message)
        except BaseException:
            self._is_stopped = True
            self._pool.shutdown(wait=False, cancel_futures=True)
            raise
        return [future.result() for future in futures]


def _listing(files: Any, location: str, is_folder: bool, request: Request) -> dict[str, int]:
    """Bytes of each object by its whole key, bucket included."""
    if not is_folder:
        details = files.info(location)
        if details["type"] != "file":
            raise DatasetError("bucket.missing", f"there is no object {location}; a prefix ends in '/'")
        return {location: int(details["size"])}
    max_objects = request.settings.max_members
    found = files.find(
        location, detail=True, max_items=max_objects + 1
    )  # in one flat list, which shows the oddest of keys
    sizes = {
        key: int(details["size"])
        for key, details in found.items()
        if key.startswith(location) and not key.endswith("/")  # by which some tools mark an empty folder
    }
    if len(found) > max_objects:
        message = f"there are more objects than {variable_of('max_members')} allows below the prefix"
        raise DatasetError("bucket.too_many", message)
    if not sizes:
        raise FileNotFoundError(location)
    return sizes


def _require_fit(sizes: dict[str, int], request: Request) -> None:
    total = sum(sizes.values())
    require_size(total, request.settings, "bucket.too_large", "what the reference names")
    require_room(request.workspace, total)


def _relative(key: str, location: str) -> str:
    """The key below the prefix, as a path that stays in the folder that it is used in."""
    relative = key.removeprefix(location)
    problem = key_problem(relative)
    if problem is not None:
        raise DatasetError("bucket.key", f"the object {key!r} {problem}; rename or remove it")
    return relative


@contextlib.contextmanager
def _storage_errors(location: str) -> Iterator[None]:
    """What the provider's library raises, in a sentence."""
    try:
        yield
    except FileNotFoundError as error:
        raise DatasetError("bucket.missing", f"there is nothing at {location}") from error
    except PermissionError as error:
        raise _denied(location) from error
    except (FileExistsError, NotADirectoryError) as error:
        raise DatasetError("bucket.key", f"below {location} an object has the name of another's folder") from error
    except Exception as error:
        if type(error).__name__ in _NO_ACCESS or _is_refusal(error):
            raise _denied(location) from error
        if type(error).__name__ in _NO_ANSWER:
            raise DatasetError("bucket.unreachable", f"the storage with {location} does not answer") from error
        raise


def _is_refusal(error: Exception) -> bool:
    """How gcsfs says that Google's storage answered 401 or 403."""
    return getattr(error, "code", None) in (401, 403) or str(error).startswith("Forbidden")


def _denied(location: str) -> DatasetError:
    return DatasetError("bucket.denied", f"the workers' credentials do not allow reading {location}")
