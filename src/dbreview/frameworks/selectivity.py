"""Which columns tell rows apart, as far as names and types say so. Tables, no logic."""

from __future__ import annotations

from dbreview.frameworks import naming

FEW_VALUES = naming.LISTS_OF_NAMES | {
    "state", "stage", "phase", "gender", "sex", "color", "mode", "method", "provider", "source", "platform", "channel",
    "action", "environment", "env", "plan", "visibility", "enabled", "disabled", "active", "deleted", "format", "severity",
    "lang", "grade", "timezone", "result", "outcome", "protocol", "direction", "version", "flag", "year", "month", "day",
}  # fmt: skip
"""Last words of the names of columns in which many rows share each value."""

FLAGS = frozenset({"is", "has", "can", "was", "should", "needs", "allow", "allows", "enable", "use", "del"})
"""First words of the names of columns that say yes or no."""

TELLING = frozenset(
    {
        "id", "email", "mail", "username", "login", "slug", "token", "sku", "code", "number", "no", "key", "hash", "uuid",
        "guid", "uid", "phone", "mobile", "reference", "ref", "handle", "isbn", "iban", "url", "domain", "hostname",
        "filename", "fingerprint", "checksum", "digest", "nonce", "jti", "barcode", "serial", "identifier", "alias", "openid",
    }
)  # fmt: skip
"""Last words of the names of columns by which one row, or the rows of one thing, are told from all others."""

YES_OR_NO = frozenset({"Boolean", "BOOLEAN", "Enum", "ENUM", "BooleanField", "IntEnumField", "CharEnumField"})
"""Types of few values."""

TEXTS = frozenset(
    {
        "String", "Unicode", "Text", "UnicodeText", "VARCHAR", "NVARCHAR", "TEXT", "CHAR", "CITEXT", "AutoString", "Uuid",
        "UUID", "CharField", "TextField", "UUIDField",
    }
)  # fmt: skip
NUMBERS = frozenset(
    {
        "Integer", "BigInteger", "SmallInteger", "INTEGER", "BIGINT", "Numeric", "Float", "IntField", "BigIntField",
        "DecimalField", "FloatField",
    }
)  # fmt: skip
DATES = frozenset({"Date", "DATE", "DateField"})
TIMES = naming.TIME_TYPES | DATES | {"DatetimeField"}
