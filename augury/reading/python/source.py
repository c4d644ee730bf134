"""Python code as a syntax tree, whatever was put into the file."""

from __future__ import annotations

import ast
import io
import tokenize
import warnings


class NotPythonError(Exception):
    """The text is not Python 3; *line* is where that shows, counted from 1."""

    def __init__(self, message: str, line: int = 1) -> None:
        """Keep what is wrong and where."""
        super().__init__(message)
        self.line = line


def decoded(content: bytes) -> str:
    """The text of a file, in the encoding that it declares (PEP 263).

    Raises:
        NotPythonError: it is in another.
    """
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
        return io.TextIOWrapper(io.BytesIO(content), encoding, newline=None).read()
    except (SyntaxError, UnicodeDecodeError, LookupError, ValueError) as error:
        raise NotPythonError(f"cannot be decoded: {error}") from None


def parsed(text: str) -> ast.Module:
    """The syntax tree.

    Raises:
        NotPythonError: there is none, as the text is not Python 3, or nested deeper than the parser goes.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of other people's strings and literals
            return ast.parse(text)
    except SyntaxError as error:
        raise NotPythonError(f"cannot be read as Python 3: {error.msg}", max(error.lineno or 1, 1)) from None
    except (ValueError, OverflowError) as error:
        raise NotPythonError(f"cannot be read as Python 3: {error}") from None
    except (RecursionError, MemoryError):
        raise NotPythonError("is nested too deep to be read") from None
