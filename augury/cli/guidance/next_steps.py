"""What a person can do about an error, in one line below it."""

from __future__ import annotations

from augury.errors import (
    AuguryError,
    DatasetRefused,
    ImportRefused,
    NothingToPublish,
    NothingToSend,
    NotInstalled,
    PublishingFailed,
    RequestRefused,
    ServiceFailed,
    ServiceUnreachable,
    StackConflict,
    StackFailed,
)

_DIFFERENT = "Correct that and say it again; `augury COMMAND --help` says what each option takes."
_LATER = "Try again in a while; `augury usage` says what is left for today."
_STEPS: dict[type[AuguryError], str] = {
    RequestRefused: _DIFFERENT,
    ServiceFailed: "`augury doctor` says whether the service is well; its logs say more.",
    ServiceUnreachable: "`augury up` starts a service here; --url or AUGURY_URL names another.",
    NothingToSend: "Check what was named; `augury COMMAND --help` says what can be.",
    NothingToPublish: "`augury watch JOB_ID` waits for a job's end; docs/integrations.md says what can go where.",
    PublishingFailed: "Check address and credentials, and say it again: what is there already is not made twice.",
    DatasetRefused: "docs/datasets.md says what images can be in, and what each rule in brackets means.",
    ImportRefused: "docs/exports.md says what can be imported; --from says what it is, --call N which of several.",
    NotInstalled: "Install it as said, into the environment that this command runs in.",
    StackConflict: "Leave out --local to use what runs there, or name another folder by --data-dir or another --port.",
    StackFailed: "`augury doctor` looks at what a service needs here; the logs named above say more.",
}
_OF_PROBLEMS = {
    "key-required": "Give a key: AUGURY_API_KEY, or --api-key before the command. Who runs the service makes keys.",
    "key-not-valid": "Ask whoever gave you the key for another: AUGURY_API_KEY, or --api-key before the command.",
    "scope-missing": "Use a key that may do this: AUGURY_API_KEY, or --api-key before the command.",
    "not-found": "`augury jobs`, `augury datasets list` and `augury models list` say what there is.",
    "dataset-not-ready": "Wait until the images are read: `augury datasets show DATASET_ID`.",
    "dataset-failed": "`augury datasets show DATASET_ID` says why; correct the images and add them again.",
    "model-not-ready": "Wait until the model is read: `augury models show MODEL_ID`.",
    "dataset-in-use": "`augury jobs --state running` says what needs it.",
    "model-in-use": "`augury jobs --state running` says what needs it.",
    "no-report": "`augury watch JOB_ID` waits for the report.",
    "already-over": "`augury report JOB_ID` shows what it came to.",
    "storage-used-up": "`augury datasets list` says what there is; `augury datasets delete` makes room.",
    "too-many-datasets": "`augury datasets list` says what there is; `augury datasets delete` makes room.",
    "too-many-requests": _LATER,
    "too-many-jobs": "`augury jobs --state running` says which; `augury cancel JOB_ID` drops one.",
    "trials-used-up": _LATER,
    "training-seconds-used-up": _LATER,
    "body-too-large": "Send less, or have the service read the images by a reference: `augury datasets add --help`.",
}
"""By the last part of a problem's type; all others are wrong requests."""


def next_step(error: AuguryError) -> str:
    """What to do about it."""
    if isinstance(error, RequestRefused):
        return _OF_PROBLEMS.get(error.problem.type.rpartition(":")[2], _DIFFERENT)
    return _STEPS[type(error)]
