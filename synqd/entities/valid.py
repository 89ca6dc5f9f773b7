"""What Synerise accepts in a field; whatever would be refused is left out here and told about.

The patterns and limits are those of the API's own specification
(``CreateClientRequestBody`` and its siblings).
"""

import re
from datetime import UTC, datetime

from synqd.models.text import is_clean

RESERVED_NAMES = frozenset(
    {
        "email",
        "clientId",
        "phone",
        "customId",
        "uuid",
        "firstName",
        "lastName",
        "displayName",
        "company",
        "address",
        "city",
        "province",
        "zipCode",
        "countryCode",
        "birthDate",
        "sex",
        "avatarUrl",
        "anonymous",
        "agreements",
        "tags",
        "businessProfileId",
        "time",
        "ip",
        "source",
        "newsletter_agreement",
        "custom_identify",
        "firstname",
        "lastname",
        "created",
        "updated",
        "last_activity_date",
        "birthdate",
        "external_avatar_url",
        "displayname",
        "receive_smses",
        "receive_push_messages",
        "receive_webpush_messages",
        "receive_btooth_messages",
        "receive_rfid_messages",
        "receive_wifi_messages",
        "confirmation_hash",
        "ownerId",
        "anonymous_type",
        "country_id",
        "geo_loc_city",
        "geo_loc_country",
        "geo_loc_as",
        "geo_loc_country_code",
        "geo_loc_isp",
        "geo_loc_lat",
        "geo_loc_lon",
        "geo_loc_org",
        "geo_loc_query",
        "geo_loc_region",
        "geo_loc_region_name",
        "geo_loc_status",
        "geo_loc_timezone",
        "geo_loc_zip",
        "club_card_id",
        "type",
        "confirmed",
        "facebookId",
        "status",
    }
)
"""Names that Synerise ignores inside a profile's ``attributes``."""
_TAKEN = frozenset(name.casefold() for name in (*RESERVED_NAMES, "lastUpdateType"))

# The specification's; its groups are not captured, and nothing is given back where it could not help.
_EMAIL = re.compile(
    r'(?:[^<>()\[\]\\.,;:\s@"]++(?:\.[^<>()\[\]\\.,;:\s@"]++)*|".+")'
    r"@(?:\[[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\]|(?:[a-zA-Z\-0-9]++\.)+[a-zA-Z]{2,})"
)
_PHONE = re.compile(r"\+[0-9 \-()/]{6,19}|[0-9 \-()/]{6,20}")
_DATE = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])")
_MOMENT = re.compile(r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01]) [0-9]{2}:[0-9]{2}:[0-9]{2}")
_BAD_NAME = re.compile("[\r\n\u2028\u2029\u00ad\x00\ufe00-\ufe0f]")
_ONLY_VARIATIONS = re.compile("[\ufe00-\ufe0f]+")
NUL = "\x00"
_EARLIEST_BIRTH = "1900-01-02"


def is_email(text: str) -> bool:
    """Whether a text can be a profile's e-mail exactly as it is (S33); domains have to be punycode."""
    return _EMAIL.fullmatch(text) is not None and is_id(text)


def is_phone(text: str) -> bool:
    """Whether a text can be a profile's phone."""
    return _PHONE.fullmatch(text) is not None


def is_id(text: str) -> bool:
    """Whether a text can be an id exactly as it is: not empty, clean (S33), nothing above U+FFFF."""
    return bool(text) and is_clean(text) and max(text) <= "\uffff"


def is_attribute_name(name: str) -> bool:
    """Whether a profile's ``attributes`` may hold and keep this name, and it is not one of synqd's own.

    Nobody knows whether Synerise tells upper from lower case there, so it is not relied on.
    """
    return bool(name) and name.casefold() not in _TAKEN and _BAD_NAME.search(name) is None


def is_birth_date(text: str) -> bool:
    """Whether ``yyyy-mm-dd`` is a day that Synerise takes: later than 1900-01-01."""
    return _DATE.fullmatch(text) is not None and text >= _EARLIEST_BIRTH


def plain_text(text: str) -> str:
    """A text as a native field takes it: no U+0000, and not made of variation selectors alone."""
    if NUL in text:
        text = without_nul(text)
    return "" if not text.isascii() and _ONLY_VARIATIONS.fullmatch(text) else text


def without_nul(text: str) -> str:
    """A text without U+0000, which no field of Synerise's takes."""
    return text.replace(NUL, "")


def phone_number(stored: str, *, repair: bool) -> str | None:
    """A telephone as Synerise takes it; with ``repair``, dots and odd blanks count as blanks."""
    if is_phone(stored):
        return stored
    if not repair:
        return None
    tidy = " ".join(stored.replace(".", " ").replace(NUL, " ").split())
    return tidy if is_phone(tidy) else None


def iso_moment(stored: str | None) -> str | None:
    """``YYYY-MM-DD HH:MM:SS`` (UTC) as ISO 8601 with milliseconds; None for none and for ``0000-00-00``."""
    if not stored or stored < "0001" or _MOMENT.match(stored) is None:
        return None
    return f"{stored[:10]}T{stored[11:19]}.000Z"


def epoch_seconds(stored: str | None) -> float:
    """``YYYY-MM-DD HH:MM:SS`` (UTC) in seconds since the epoch; 0 for what is no date."""
    try:
        return datetime.fromisoformat(stored or "").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return 0.0
