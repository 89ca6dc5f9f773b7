"""The profiles of one workspace: storing by several identifiers, and merging.

Which profile a write means follows the merge table of Synerise's documents ("merging profiles"). In short:
ids that lead to one profile update it; an *anonymous* profile (no e-mail) found by its uuid is merged into
the one the other id leads to; every other pair of different profiles is a conflict, which the API answers 202
and of which it stores nothing. The numeric profile id counts like a uuid here (no source says).

Which texts are one identifier is said in `identifiers`.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from synqd_demo.fake_synerise.identifiers import CLIENT_IDS, PROFILE_IDS, email_key, id_key
from synqd_demo.fake_synerise.settings import Settings
from synqd_demo.fake_synerise.validate_profiles import RESERVED, TEXT_FIELDS, agreement

_NATIVE = (*TEXT_FIELDS, "birthDate", "sex")


class ConflictError(Exception):
    """The identifiers of one write lead to profiles that must not be merged."""


@dataclass(slots=True)
class Profile:
    """One stored profile. `anonymous` means: has no e-mail."""

    client_id: int
    email: str | None = None
    custom_id: str | None = None
    uuids: dict[str, None] = field(default_factory=dict)
    fields: dict[str, Any] = field(default_factory=dict)
    attributes: dict[str, Any] = field(default_factory=dict)
    agreements: dict[str, bool] = field(default_factory=dict)
    tags: list[str] = field(default_factory=list)

    @property
    def anonymous(self) -> bool:
        """Tell whether the profile lacks an e-mail."""
        return self.email is None

    def document(self) -> dict[str, Any]:
        """Give the profile as the read routes and the inspection show it."""
        return {
            "clientId": self.client_id,
            "email": self.email,
            "customId": self.custom_id,
            "uuid": next(iter(self.uuids), None),
            "uuids": sorted(self.uuids),
            "anonymous": self.anonymous,
            "phone": self.fields.get("phone"),
            **{name: self.fields.get(name) for name in _NATIVE},
            "attributes": self.attributes,
            "agreements": self.agreements,
            "tags": self.tags,
        }


@dataclass(slots=True)
class Ids:
    """The identifiers of one write: trimmed, None where absent or empty. `phone` counts only when alone.

    `trimmed` tells whether any had blanks at its ends.
    """

    number: int | None
    email: str | None
    custom_id: str | None
    uuid: str | None
    phone: str | None
    trimmed: bool = False


def ids_of(holder: Mapping[str, Any], number_name: str) -> Ids:
    """Read the identifiers of a profile (`clientId`) or of an event's client (`id`)."""
    email, custom_id, uuid, phone = kept = [_trimmed(holder.get(name)) for name in PROFILE_IDS]
    trimmed = any(text and text != str(holder[name]) for name, text in zip(CLIENT_IDS, kept[:3], strict=True))
    return Ids(holder.get(number_name), email, custom_id, uuid, phone, trimmed)


def _trimmed(value: Any) -> str | None:
    if value is None:
        return None
    return str(value).strip() or None


class ProfileStore:
    """Profiles with one index per identifier.

    `moved(source, target)` is called with the numeric ids when a profile vanishes in a merge, so that events
    can follow it. `counters` learns of ids that were trimmed (`trimmed_ids`) and of profiles that a write
    gave another e-mail (`renamed_profiles`).
    """

    def __init__(
        self, *, settings: Callable[[], Settings], moved: Callable[[int, int], None], counters: Counter[str]
    ) -> None:
        self._settings = settings
        self._moved = moved
        self._counters = counters
        self._next = 1
        self.by_number: dict[int, Profile] = {}
        self._by_email: dict[str, Profile] = {}
        self._by_custom: dict[str, Profile] = {}
        self._by_uuid: dict[str, Profile] = {}
        self._by_phone: dict[str, Profile] = {}

    def __len__(self) -> int:
        return len(self.by_number)

    def write(self, item: Mapping[str, Any]) -> Profile | None:
        """Store one valid profile; None when it names only an unknown numeric id, which creates nothing.

        Raises:
            ConflictError: the identifiers lead to profiles that must not be merged; nothing is stored.
        """
        profile = self.identify(ids_of(item, "clientId"))
        if profile is not None:
            self._fill(profile, item)
        return profile

    def identify(self, ids: Ids) -> Profile | None:
        """Find the profile that the ids mean, merge or create as the table says, and take the ids over.

        Raises:
            ConflictError: as `write`.
        """
        profile = self._target(self._found(ids))
        if profile is None:
            if not (ids.email or ids.custom_id or ids.uuid or ids.phone):
                return None
            profile = self._create()
        self._counters["trimmed_ids"] += ids.trimmed
        self._take_ids(profile, ids)
        return profile

    def find(self, *, email: str | None = None, custom_id: str | None = None) -> Profile | None:
        """Look one profile up by e-mail or custom id."""
        if email is not None:
            return self._by_email.get(self._email_key(email.strip()))
        return self._by_custom.get(self._custom_key((custom_id or "").strip()))

    def delete(self, profile: Profile) -> None:
        """Remove the profile and every way to it."""
        del self.by_number[profile.client_id]
        if profile.email is not None:
            self._by_email.pop(self._email_key(profile.email), None)
        if profile.custom_id is not None:
            self._by_custom.pop(self._custom_key(profile.custom_id), None)
        for uuid in profile.uuids:
            self._by_uuid.pop(uuid, None)
        self._forget_phone(profile)

    def _forget_phone(self, profile: Profile) -> None:
        phone = profile.fields.pop("phone", None)
        if phone is not None and self._by_phone.get(phone) is profile:
            del self._by_phone[phone]

    def _email_key(self, email: str) -> str:
        return email_key(email, self._settings())

    def _custom_key(self, custom_id: str) -> str:
        return id_key(custom_id, self._settings())

    def _found(self, ids: Ids) -> list[Profile]:
        """Give the profiles the ids lead to, each once, those found like a uuid first."""
        by_number = self.by_number.get(ids.number) if ids.number is not None else None
        by_uuid = self._by_uuid.get(ids.uuid) if ids.uuid else None
        by_email = self._by_email.get(self._email_key(ids.email)) if ids.email else None
        by_custom = self._by_custom.get(self._custom_key(ids.custom_id)) if ids.custom_id else None
        alone = not (ids.email or ids.custom_id or ids.uuid or ids.number is not None)
        by_phone = self._by_phone.get(ids.phone) if ids.phone and alone else None
        ways = (by_number, by_uuid, by_email, by_custom, by_phone)
        return list({p.client_id: p for p in ways if p is not None}.values())

    def _target(self, found: list[Profile]) -> Profile | None:
        """Merge several found profiles into the last one.

        A profile found by its e-mail is recognized, so that e-mail and custom id of different ones conflict.
        """
        if not found:
            return None
        *sources, target = found
        if any(not source.anonymous for source in sources):
            raise ConflictError("the ids lead to different profiles, and one to be merged has an e-mail")
        for source in sources:
            self._merge(source, target)
        return target

    def _create(self) -> Profile:
        profile = Profile(self._next)
        self._next += 1
        self.by_number[profile.client_id] = profile
        return profile

    def _take_ids(self, profile: Profile, ids: Ids) -> None:
        if ids.email:
            if profile.email is not None:
                self._by_email.pop(self._email_key(profile.email), None)
                is_other = self._email_key(profile.email) != self._email_key(ids.email)
                self._counters["renamed_profiles"] += is_other
            profile.email = ids.email
            self._by_email[self._email_key(ids.email)] = profile
        if ids.custom_id:
            if profile.custom_id is not None:
                self._by_custom.pop(self._custom_key(profile.custom_id), None)
            profile.custom_id = ids.custom_id
            self._by_custom[self._custom_key(ids.custom_id)] = profile
        if ids.uuid:
            profile.uuids[ids.uuid] = None
            self._by_uuid[ids.uuid] = profile
        if ids.phone and profile.fields.get("phone") != ids.phone:
            self._forget_phone(profile)
            profile.fields["phone"] = ids.phone
            self._by_phone.setdefault(ids.phone, profile)

    def _merge(self, source: Profile, target: Profile) -> None:
        """Let the anonymous `source` vanish in `target`, whose own values win."""
        phone = source.fields.get("phone")
        self.delete(source)
        if phone is not None and "phone" not in target.fields:
            target.fields["phone"] = phone
            self._by_phone.setdefault(phone, target)
        if target.custom_id is None and source.custom_id is not None:
            target.custom_id = source.custom_id
            self._by_custom[self._custom_key(source.custom_id)] = target
        for uuid in source.uuids:
            target.uuids[uuid] = None
            self._by_uuid[uuid] = target
        target.fields = source.fields | target.fields
        target.attributes = source.attributes | target.attributes
        target.agreements = source.agreements | target.agreements
        target.tags = list(dict.fromkeys(target.tags + source.tags))
        self._moved(source.client_id, target.client_id)

    def _fill(self, profile: Profile, item: Mapping[str, Any]) -> None:
        """Write everything that is not an identifier; null removes an attribute or resets a field."""
        if "phone" in item and item["phone"] is None:
            self._forget_phone(profile)
        for name in _NATIVE:
            if name in item:
                profile.fields[name] = item[name]
        if "tags" in item:
            profile.tags = item["tags"] or []
        self._fill_map(
            profile.attributes,
            {name: value for name, value in (item.get("attributes") or {}).items() if name not in RESERVED},
        )
        if "agreements" in item:
            given = item["agreements"] or dict.fromkeys(profile.agreements)
            self._fill_map(profile.agreements, {name: agreement(value) for name, value in given.items()})

    @staticmethod
    def _fill_map(stored: dict[str, Any], given: Mapping[str, Any]) -> None:
        for name, value in given.items():
            if value is None:
                stored.pop(name, None)
            else:
                stored[name] = value
