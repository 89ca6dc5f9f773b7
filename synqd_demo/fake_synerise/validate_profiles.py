"""The rules of one profile in POST /v4/clients/batch and POST /v4/clients."""

import re
from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Any

from synqd_demo.fake_synerise.answers import ENUM, FORMAT, RANGE, TYPE, Problem
from synqd_demo.fake_synerise.identifiers import PROFILE_IDS, check_ids, is_attribute_name, is_text
from synqd_demo.fake_synerise.settings import Settings

SEXES = ("FEMALE", "MALE", "NOT_SPECIFIED", "OTHER")
TEXT_FIELDS = (
    "firstName",
    "lastName",
    "displayName",
    "company",
    "address",
    "city",
    "province",
    "zipCode",
    "countryCode",
    "avatarUrl",
)
AGREEMENTS = ("email", "sms", "push", "webPush", "webpush", "bluetooth", "rfid", "wifi")
KNOWN = frozenset(
    (
        *PROFILE_IDS,
        *TEXT_FIELDS,
        "clientId",
        "birthDate",
        "sex",
        "agreements",
        "attributes",
        "tags",
    )
)
_RESERVED_NAMES = """
    email clientId phone customId uuid firstName lastName displayName company address city province
    zipCode countryCode birthDate sex avatarUrl anonymous agreements tags businessProfileId time ip
    source newsletter_agreement custom_identify firstname lastname created updated
    last_activity_date birthdate external_avatar_url displayname receive_smses receive_push_messages
    receive_webpush_messages receive_btooth_messages receive_rfid_messages receive_wifi_messages
    confirmation_hash ownerId anonymous_type country_id geo_loc_city geo_loc_country geo_loc_as
    geo_loc_country_code geo_loc_isp geo_loc_lat geo_loc_lon geo_loc_org geo_loc_query
    geo_loc_region geo_loc_region_name geo_loc_status geo_loc_timezone geo_loc_zip club_card_id type
    confirmed facebookId status
"""
RESERVED = frozenset(_RESERVED_NAMES.split())
"""Attribute names that Synerise ignores without an error."""

_TRUE = (True, "true", "True", 1)
_FALSE = (False, "false", "False", 0)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_FIRST_BIRTH = date(1900, 1, 1)


def check_profile(item: Any, settings: Settings, counters: Counter[str]) -> list[Problem]:
    """Give what is wrong with the profile; unknown keys and reserved attributes are only counted."""
    if not isinstance(item, dict):
        return [Problem(TYPE, "body", "must be an object")]
    problems: list[Problem] = []
    check_ids(item, problems, names=PROFILE_IDS, number_name="clientId", int_custom_id=settings.int_custom_id)
    _check_fields(item, problems)
    if item.get("agreements") is not None:
        _check_agreements(item["agreements"], problems)
    if item.get("attributes") is not None:
        _check_attributes(item["attributes"], problems, counters)
    if item.get("tags") is not None:
        _check_tags(item["tags"], problems)
    unknown = item.keys() - KNOWN
    if unknown:
        counters["unknown_keys"] += len(unknown)
        if settings.strict_unknown:
            problems.extend(Problem(FORMAT, name, "unknown field", item[name]) for name in sorted(unknown))
    return problems


def agreement(value: Any) -> bool | None:
    """Give the agreement as a boolean, or None when the value is not one of the accepted spellings."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int | str):
        if value in _TRUE:
            return True
        if value in _FALSE:
            return False
    return None


def is_birth_date(value: Any) -> bool:
    """Tell whether the value is a real, zero-padded date later than 1900-01-01."""
    if not isinstance(value, str) or _DATE.fullmatch(value) is None:
        return False
    try:
        return date.fromisoformat(value) > _FIRST_BIRTH
    except ValueError:
        return False


def _check_fields(item: Mapping[str, Any], problems: list[Problem]) -> None:
    for name in TEXT_FIELDS:
        value = item.get(name)
        if value is not None and not is_text(value):
            problems.append(Problem(FORMAT, name, "must be a text without forbidden characters", value))
    birth = item.get("birthDate")
    if birth is not None and not is_birth_date(birth):
        problems.append(Problem(RANGE, "birthDate", "must be YYYY-MM-DD and later than 1900-01-01", birth))
    sex = item.get("sex")
    if sex is not None and sex not in SEXES:
        problems.append(Problem(ENUM, "sex", f"must be one of {', '.join(SEXES)}", sex))


def _check_agreements(agreements: Any, problems: list[Problem]) -> None:
    if not isinstance(agreements, dict):
        problems.append(Problem(TYPE, "agreements", "must be an object", agreements))
        return
    for name, value in agreements.items():
        if value is not None and agreement(value) is None:
            problems.append(Problem(FORMAT, f"agreements.{name}", "must be a boolean", value))


def _check_attributes(attributes: Any, problems: list[Problem], counters: Counter[str]) -> None:
    if not isinstance(attributes, dict):
        problems.append(Problem(TYPE, "attributes", "must be an object", attributes))
        return
    for name, value in attributes.items():
        if name in RESERVED:
            counters["reserved_attributes"] += 1
        elif not is_attribute_name(name):
            problems.append(Problem(FORMAT, "attributes", "attribute name with a forbidden character", name))
        elif isinstance(value, str) and not is_text(value):
            problems.append(Problem(FORMAT, f"attributes.{name}", "text with forbidden characters", value))


def _check_tags(tags: Any, problems: list[Problem]) -> None:
    if not isinstance(tags, list):
        problems.append(Problem(TYPE, "tags", "must be an array of strings", tags))
        return
    problems.extend(
        Problem(FORMAT, f"tags[{place}]", "must be a text without forbidden characters", tag)
        for place, tag in enumerate(tags)
        if not is_text(tag)
    )
