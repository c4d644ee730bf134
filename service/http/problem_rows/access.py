"""The problems of who may do what. All problems together are in `service.http.problem_types`."""

from __future__ import annotations

from service.http.problem import ProblemType

LOGIN_FAILED = ProblemType(
    400, "login-failed", "A login did not come to its end", "Read `detail`, and begin again at `/login`."
)
PROJECT_NOT_SAID = ProblemType(
    400,
    "project-not-said",
    "The token is of somebody who is a member of more projects than one",
    "Say which: `Augury-Project: NAME`, with one of those in `detail`.",
)
KEY_REQUIRED = ProblemType(
    401,
    "key-required",
    "The service takes no requests without a key here",
    "Send one: `Authorization: Bearer augury_…`. Who runs the service makes keys.",
)
KEY_NOT_VALID = ProblemType(
    401,
    "key-not-valid",
    "The key is not one of the service's, has expired, or was revoked",
    "Read `detail`, and ask whoever gave you the key for another.",
)
SCOPE_MISSING = ProblemType(
    403,
    "scope-missing",
    "The key may not do this",
    "Use a key with the scope that `detail` names.",
)
NOT_A_MEMBER = ProblemType(
    403,
    "not-a-member",
    "Whoever asks is known, and is a member of no project here, or not of the one that was named",
    "Ask who runs the service: groups are given projects in `AUGURY_GROUPS`.",
)
CANNOT_GRANT = ProblemType(
    403,
    "cannot-grant",
    "A key cannot make one that may more than itself, or that lasts longer",
    "Ask for less, or use a key that has what the new one is to have.",
)
ISSUER_AWAY = ProblemType(
    503,
    "issuer-away",
    "The issuer that knows who is who did not answer",
    "Send the request again in a while; a key of the service works meanwhile.",
    retryable=True,
)
