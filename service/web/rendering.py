"""From a template to a response: what every page has, and the policy that browsers hold it to."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from fastapi import Request, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from augury.reporting import formatting
from augury.wording import count
from service.auth.actor import Actor, actor_in, known_in
from service.auth.middleware import is_public
from service.web.assets import asset_path

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Vary": "Accept-Encoding, HX-Request",
}
THEMES = ("light", "dark")
_MIN_COMPRESSED_BYTES = 1_000
_COMPRESSION = 6


@dataclass(frozen=True)
class Place:
    """An entry of the navigation."""

    name: str
    path: str
    label: str


PLACES = (
    Place("answers", "/", "Answers"),
    Place("datasets", "/datasets", "Datasets"),
    Place("playground", "/playground", "Playground"),
    Place("compare", "/compare", "Compare"),
    Place("operations", "/operations", "Operations"),
)


@dataclass(frozen=True)
class View:
    """What a template knows of the request that it answers.

    Attributes:
        path: that was asked for.
        query: its parameters; of several of one name the last.
        theme: light or dark where the address says so; None: as the browser is set.
        open_sections: names of the sections that the address says are open.
        actor: who asks; None where nobody is known.
        projects: that they may choose among.
    """

    path: str
    query: Mapping[str, str]
    theme: str | None
    open_sections: frozenset[str]
    actor: Actor | None
    projects: tuple[str, ...]

    @classmethod
    def of(cls, request: Request) -> View:
        """As the request has it."""
        query = dict(request.query_params)
        known = None if is_public(request.url.path) else known_in(request.scope)
        theme = query.get("theme")
        return cls(
            path=request.url.path,
            query=query,
            theme=theme if theme in THEMES else None,
            open_sections=frozenset(filter(None, query.get("open", "").split(","))),
            actor=actor_in(request.scope) if known is not None else None,
            projects=tuple(known.memberships) if known is not None else (),
        )

    def may(self, scope: str) -> bool:
        """Whether who asks may do what takes this scope."""
        return self.actor is not None and scope in self.actor.scopes

    def link(self, path: str, **query: object) -> str:
        """A path of this service with these parameters, and the theme; those that are None are left out."""
        asked = {name: value for name, value in ({"theme": self.theme} | query).items() if value is not None}
        return f"{path}?{urlencode(asked, doseq=True)}" if asked else path

    def here(self, **changed: object) -> str:
        """This page with some parameters changed, or left out where they are None."""
        return self.link(self.path, **(dict(self.query) | changed))


def page(request: Request, template: str, *, status: int = 200, **context: Any) -> Response:
    """A whole page, or a part of one, made of a template below ``templates``.

    Args:
        request: that it answers.
        template: its name, e.g. ``jobs/job.html.j2``. One that is a whole page extends ``base.html.j2`` and is given
            its *title* and, as *place*, the name of its entry in the navigation.
        status: of the response.
        context: what the template shows.
    """
    text = environment().get_template(template).render(view=View.of(request), **context)
    content, headers = text.encode(), dict(HEADERS)
    if len(content) >= _MIN_COMPRESSED_BYTES and "gzip" in request.headers.get("accept-encoding", ""):
        # Nothing secret is in a page beside what whoever asks has chosen, so that its length tells nothing.
        content, headers["Content-Encoding"] = gzip.compress(content, _COMPRESSION, mtime=0), "gzip"
    return Response(content, status, headers, media_type="text/html")


@cache
def environment() -> Environment:
    """Of all templates: what is not markup is escaped, and what is not there is an error."""
    made = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        # A macro's result is Markup, and made of what went through here.
        finalize=lambda shown: formatting.visible(shown) if type(shown) is str else shown,
    )
    made.globals.update(asset=asset_path, places=PLACES, words=formatting, count=count, badge_of=formatting.BADGES.get)
    return made
