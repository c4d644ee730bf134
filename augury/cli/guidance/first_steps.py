"""What `augury` alone says: what this is, the first three commands, and where the page is."""

from __future__ import annotations

from augury.client.address import DEFAULT_DATA_DIR, PAGE, given_url, running_url

_STEPS = (
    ("augury compare digits --flip --rotation 15", "a first try on real handwritten digits; some minutes"),
    ("augury compare ~/flowers", "your images, a folder for each class; it proposes what to compare"),
    ("augury up", "a service that stays, with a page to look at and an API"),
)


def first_steps() -> str:
    """The text, for a person who may see it for the first time."""
    width = max(len(command) for command, _ in _STEPS)
    return "\n".join(
        [
            "Does this image augmentation help or hurt my model on my data, by how much, and why?",
            "",
            *(f"  {command:{width}}   {says}" for command, says in _STEPS),
            "",
            _service(),
            "All commands: augury --help. Completion in your shell: augury --install-completion.",
        ]
    )


def _service() -> str:
    given, running = given_url(), running_url(DEFAULT_DATA_DIR)
    if given is not None:
        return f"AUGURY_URL names the service whose page is at {given.rstrip('/')}{PAGE}"
    if running is not None:
        return f"A service runs in this folder; its page is at {running}{PAGE}"
    return "No service runs in this folder; `augury up` prints where its page is."
