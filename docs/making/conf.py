"""How Sphinx makes the site. It runs where the service is installed, as the reference is read from its code."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from docs.making.pages import filled_in  # noqa: E402 (the repository has to be found first)

project = "Augury"
author = "the Augury developers"
html_title = "Augury"
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["making/**", "pictures/**"]

myst_heading_anchors = 4
myst_heading_slug_func = "github"
myst_enable_extensions = ["colon_fence"]

autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented_params"
autodoc_class_signature = "mixed"
napoleon_google_docstring = True
napoleon_numpy_docstring = False

html_theme = "furo"
html_favicon = html_logo = "../../service/web/static/mark.svg"
html_static_path = ["static"]
html_css_files = ["augury.css"]
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False
html_use_index = True
html_theme_options = {
    "source_repository": "https://github.com/augury-ml/augury/",
    "source_branch": "main",
    "source_directory": "docs/",
}
default_role = "literal"
pygments_style = "default"


def _fill_in(app: Any, name: str, source: list[str]) -> None:
    """Before a page is read: what is made of the code, and where links lead that leave ``docs/``."""
    source[0] = filled_in(source[0], Path(app.env.doc2path(name)))


def setup(app: Any) -> dict[str, bool]:
    """What Sphinx calls."""
    app.connect("source-read", _fill_in)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
