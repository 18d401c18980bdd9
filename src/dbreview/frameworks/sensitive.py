"""What names tell of columns that nobody outside may read, and of routes that are there to hand one out."""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["password", "secret"]
"""A password (or its hash) has no business in any answer; a key or token may be handed out on purpose."""

_PASSWORD = re.compile(
    r"(?:\w+_)?(?:(?:user)?password|passwd|passphrase|passcode|pwd)(?:_?(?:hash|hashed|digest|encrypted|crypted|crypt|salt))?"
    r"|(?:\w+_)?(?:hash|hashed|encrypted|crypted|salted)_?(?:password|passwd|pwd|passphrase|pw|pass)"
    r"|(?:pass|pw|pwd|pin|mpin)_?hash"
)
_OF_A_PASSWORD = frozenset({"salt", "pw_salt", "hash_salt"})
"""Names that tell something only beside a password in the same table."""

_SECRET = re.compile(
    r"(?:\w+_)?(?:"
    r"api_?key|api_?secret|api_?token|secret|secret_?key|secret_?access_?key|private_?key|encryption_?key|signing_?key"
    r"|access_?token|refresh_?token|auth_?token|bearer_?token|bot_?token|session_?token|oauth_?token|personal_access_token"
    r"|reset_?token|reset_password_token|verification_?token|confirmation_?token|activation_?token|recovery_?codes?"
    r"|backup_?codes?|credit_?card_?number|social_security_number|ssn|cvv|cvc"
    r")(?:_(?:hash|hashed|digest|encrypted|ciphertext))?"
)
_TOKEN = re.compile(r"(?:token|key|value)(?:_(?:hash|hashed|digest))?|(?:hash|hashed)_(?:token|key|value)")
"""Names that tell something only in a model that is about such a thing, or about somebody who has one."""

_PERHAPS = re.compile(r"pass|pwd|pw|secret|key|token|salt|hash|code|card|ssn|social|cvv|cvc|value", re.IGNORECASE)

_HOLDERS = frozenset({"user", "account", "member", "admin", "customer", "bot", "session", "reset"})
"""Last words of models whose ``token`` lets somebody act for them."""
_KEYS = re.compile(
    r"(?:api|access|secret|service|auth|refresh|session|bearer|personal|bot|signing|private)_?(?:key|token)s?"
)
_OF_KEYS = re.compile(r"(?:^|_)(?:tokens?|secrets?|credentials?|api_?keys?|access_?keys?|webhooks?)(?:_|$)")
"""Models of which each row is a key: whoever creates one is told it, once."""

_HARMLESS = frozenset(
    {
        "is", "has", "no", "num", "count", "max", "min", "last", "next", "prev", "previous", "page", "cursor",
        "continuation", "sync", "csrf", "xsrf", "public", "publishable", "masked", "redacted", "preview", "hint", "must",
        "require", "requires", "required", "allow", "allows", "use", "uses", "show", "enable", "enabled", "disable",
        "device", "push", "fcm", "apns", "change", "needs", "can", "ask", "sort", "foreign", "primary", "idempotency",
        "special", "unk", "pad", "eos", "bos", "stop",
    }
)  # fmt: skip
"""Words that make something else of what follows: `is_secret`, `next_page_token`, `csrf_token`, `public_api_key`."""

OPEN_TYPES = frozenset(
    {
        "Boolean", "Bool", "Integer", "BigInteger", "SmallInteger", "INTEGER", "BIGINT", "SMALLINT", "TINYINT", "BOOLEAN",
        "Float", "Double", "Numeric", "REAL", "Date", "DateTime", "Time", "Interval", "TIMESTAMP", "DATE", "DATETIME",
        "Enum", "TIMESTAMPTZ", "AwareDatetime", "UTCDateTime", "TSVECTOR",
    }
)  # fmt: skip
"""Types in which nobody keeps a secret."""
OPEN_ANNOTATIONS = frozenset({"bool", "int", "float", "datetime", "date", "timedelta", "Decimal", "NaiveDatetime"})

MASKING = re.compile(r"mask|redact|hide|hidden|obfusc|censor|sanit|strip_|truncat|anonymi|scrub", re.IGNORECASE)
"""Names of functions that leave nothing readable of what they are given."""
STARS = "***"
MASKED_TYPES = frozenset({"SecretStr", "SecretBytes", "Secret"})
"""Types of Pydantic that print stars."""

HANDS_OUT = re.compile(
    r"token|secret|reveal|credential|api_?-?keys?|access_?-?keys?|\bkeys?\b|login|log_?-?in|sign_?-?in|oauth|rotate"
    r"|regenerate|auth\b|authenticate|authoriz|download|export|mfa|totp|otp|2fa|two_?-?factor|recovery|backup",
    re.IGNORECASE,
)
"""What the path or the name of a route says that is there to hand out a key or token."""

ADDRESSES = re.compile(r"(?:\w+_)?(?:host|hostname|port|dsn|endpoint|url|uri|server|domain|ip|site)|server_\w+|ssid")
"""Columns beside which a password is one for another system, which has to be read back."""


def snake_case(name: str) -> str:
    """``hashedPassword`` is `hashed_password`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower().strip("_")


def kind_of(name: str, model: str, others: frozenset[str]) -> Kind | None:
    """What a column of this name keeps in a model of this name, beside these other columns; None for nothing secret."""
    name, model = snake_case(name), snake_case(model)
    words = frozenset(name.split("_"))
    if words & _HARMLESS:
        return None
    if _PASSWORD.fullmatch(name):
        return "password"
    if name in _OF_A_PASSWORD:
        return "password" if any(_PASSWORD.fullmatch(snake_case(other)) for other in others) else None
    if _SECRET.fullmatch(name):
        return "secret"
    is_of_holder = model.split("_")[-1].removesuffix("s") in _HOLDERS
    if _TOKEN.fullmatch(name) and (_KEYS.search(model) or (is_of_holder and "token" in words)):
        return "secret" if "value" not in words or is_key(model) else None
    return "secret" if _TOKEN.fullmatch(name) and model.endswith("_token") and "token" in words else None


def may_be_secret(name: str) -> bool:
    """Whether it is worth asking what a column of this name keeps."""
    return _PERHAPS.search(name) is not None


def is_key(model: str) -> bool:
    """Whether each row of a model of this name is a key, a token or the like."""
    return _OF_KEYS.search(snake_case(model)) is not None
