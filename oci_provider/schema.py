"""The words in which a kind's properties are written down.

A field is an argument of the Terraform provider that the official plugin embeds, with Oracle's JSON name beside it.
Check, Diff, the state and the request bodies are functions of these fields and of values: no kind has its own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from typing import Any

from oci_provider.properties import UNKNOWN


class Type(Enum):
    """What a field holds."""

    STRING = "string"
    TIME = "time"  # RFC 3339 on the wire, Go's time.String() in the state
    INT = "int"
    FLOAT = "float"
    BOOL = "bool"
    MAP = "map"  # string to string
    DEFINED_TAGS = "defined tags"  # {namespace: {key: value}} on the wire, {"namespace.key": value} in the state
    STRINGS = "list of strings"
    STRING_SET = "set of strings"  # a list everywhere; its order says nothing, the state has it sorted
    OBJECT = "object"  # Terraform's list of at most one; one object everywhere else
    OBJECTS = "list of objects"


class Mode(Enum):
    """Who sets a field: the program, the service, or the service where the program does not."""

    REQUIRED = "required"
    OPTIONAL = "optional"
    OPTIONAL_COMPUTED = "optional and computed"
    COMPUTED = "computed"


class Sent(Enum):
    """In which request bodies a field travels."""

    BOTH = "both"
    CREATE = "create"
    UPDATE = "update"
    NEVER = "never"


@dataclass(frozen=True, kw_only=True)
class Field:
    """One property.

    `kept`: no answer of the service tells it; the state keeps what the program said.
    `choices`: the only values, letters' case aside.
    `zero_is_absent`: a zero says what nothing says; it is not sent.
    `only_for`: the values of the holding object's discriminator for which Oracle's model has this field.
    `json_is_single`: Terraform shows a list, Oracle's JSON has one object.
    `autonamed`: Pulumi makes up a value where the program sets none (`SetAutonaming` of pulumi-oci).
    `same_moment`: two texts that tell one moment are the same (Terraform's TimeDiffSuppressFunction).
    `empty_is_text`: Terraform's provider writes "" and not null where the service says nothing (an enum at the top).
    """

    tf_name: str
    type: Type
    mode: Mode
    force_new: bool = False
    ignores_case: bool = False
    plural: str | None = None
    json: str | None = None
    sent: Sent = Sent.BOTH
    fields: Fields | None = None
    kept: bool = False
    choices: tuple[str, ...] = ()
    zero_is_absent: bool = False
    only_for: frozenset[str] = frozenset()
    json_is_single: bool = False
    empty_is_text: bool = False
    autonamed: bool = False
    same_moment: bool = False

    @cached_property
    def name(self) -> str:
        """The property's name in Pulumi."""
        return self.plural or camel_case(self.tf_name)

    @cached_property
    def json_name(self) -> str:
        """The property's name in Oracle's JSON."""
        return self.json or camel_case(self.tf_name)

    @property
    def is_input(self) -> bool:
        """Whether a program may set it."""
        return self.mode is not Mode.COMPUTED

    @property
    def is_computed(self) -> bool:
        """Whether the service sets it where the program does not."""
        return self.mode in (Mode.COMPUTED, Mode.OPTIONAL_COMPUTED)

    @property
    def is_renamed(self) -> bool:
        """Whether Terraform's name is not what the name's letters alone say (a plural, a capital letter)."""
        return self.tf_name != re.sub(r"(?<!^)[A-Z]", r"_\g<0>", self.name).lower()

    @cached_property
    def zero(self) -> Any:
        """What Terraform writes for a field inside an object when nothing is known of it."""
        zeros: dict[Type, Any] = {Type.INT: 0, Type.FLOAT: 0, Type.BOOL: False, Type.OBJECT: None}
        return zeros.get(self.type, "") if self.type not in COLLECTIONS else COLLECTIONS[self.type]()


COLLECTIONS: dict[Type, type[dict[str, Any] | list[Any]]] = {
    Type.MAP: dict,
    Type.DEFINED_TAGS: dict,
    Type.STRINGS: list,
    Type.STRING_SET: list,
    Type.OBJECTS: list,
}


@dataclass(frozen=True)
class Fields:
    """The properties of an object; `discriminator` is the Pulumi name of the one that decides on Oracle's subtype."""

    all: tuple[Field, ...]
    discriminator: str | None = None
    by_name: Mapping[str, Field] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {one.name: one for one in self.all})

    def inputs(self) -> tuple[Field, ...]:
        """Return the fields that a program may set."""
        return tuple(one for one in self.all if one.is_input)

    def applying_to(self, values: Mapping[str, Any]) -> tuple[Field, ...]:
        """Return the fields that Oracle's subtype for these values has."""
        if self.discriminator is None:
            return self.all
        chosen = values.get(self.discriminator)
        if chosen is None or chosen is UNKNOWN:
            return self.all
        return tuple(one for one in self.all if not one.only_for or str(chosen).upper() in one.only_for)


def camel_case(tf_name: str) -> str:
    """Return Terraform's `a_b_c` as `aBC`."""
    first, *rest = tf_name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def fields(*members: Field, discriminator: str | None = None) -> Fields:
    """Return the properties of an object."""
    return Fields(members, discriminator)


def required(tf_name: str, type_: Type = Type.STRING, **facts: Any) -> Field:
    """A field that a program must set."""
    return Field(tf_name=tf_name, type=type_, mode=Mode.REQUIRED, **facts)


def optional(tf_name: str, type_: Type = Type.STRING, **facts: Any) -> Field:
    """A field that a program may set and that is empty otherwise."""
    return Field(tf_name=tf_name, type=type_, mode=Mode.OPTIONAL, **facts)


def optional_computed(tf_name: str, type_: Type = Type.STRING, **facts: Any) -> Field:
    """A field that a program may set and that the service sets otherwise."""
    return Field(tf_name=tf_name, type=type_, mode=Mode.OPTIONAL_COMPUTED, **facts)


def computed(tf_name: str, type_: Type = Type.STRING, **facts: Any) -> Field:
    """A field that only the service sets."""
    return Field(tf_name=tf_name, type=type_, mode=Mode.COMPUTED, sent=Sent.NEVER, **facts)
