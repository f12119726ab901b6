"""Taxonomies of values: their names, their geometry, and the words that a prime uses for each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from weigh.core.errors import InputError


@dataclass(frozen=True)
class Taxonomy:
    """A closed list of values.

    Parameters
    ----------
    name : str
        Short name that a bank's card gives.
    title : str
        Name in full, with its source.
    values : tuple of str
        In circular order where the theory has a circle.
    phrases : mapping of str to str
        What the value means in everyday words; completes "Nothing is more important than …".
    groups : mapping of str to tuple of str
        Higher-order groups.
    circular : bool
        Whether neighbours in `values` are neighbours in meaning.
    human_order : tuple of str
        Order that people across cultures give, most important first; empty where not known.
    """

    name: str
    title: str
    values: tuple[str, ...]
    phrases: Mapping[str, str]
    groups: Mapping[str, tuple[str, ...]]
    circular: bool = False
    human_order: tuple[str, ...] = ()


SCHWARTZ = Taxonomy(
    name="schwartz",
    title="Ten basic human values (Schwartz 1992)",
    values=(
        "self-direction",
        "stimulation",
        "hedonism",
        "achievement",
        "power",
        "security",
        "conformity",
        "tradition",
        "benevolence",
        "universalism",
    ),
    phrases={
        "self-direction": "thinking for yourself and being independent",
        "stimulation": "novelty, adventure and challenge",
        "hedonism": "pleasure and enjoying life",
        "achievement": "success and showing competence",
        "power": "status, money and control over others",
        "security": "safety and stability",
        "conformity": "obedience and following rules",
        "tradition": "religion and the heritage of your people",
        "benevolence": "caring for those close to you",
        "universalism": "justice for everyone and the protection of nature",
    },
    groups={
        "openness to change": ("self-direction", "stimulation", "hedonism"),
        "self-enhancement": ("achievement", "power"),
        "conservation": ("security", "conformity", "tradition"),
        "self-transcendence": ("benevolence", "universalism"),
    },
    circular=True,
    # Schwartz and Bardi (2001), pan-cultural baseline of representative and near-representative samples
    human_order=(
        "benevolence",
        "self-direction",
        "universalism",
        "security",
        "conformity",
        "achievement",
        "hedonism",
        "stimulation",
        "tradition",
        "power",
    ),
)

TAXONOMIES: Mapping[str, Taxonomy] = {SCHWARTZ.name: SCHWARTZ}


def taxonomy(name: str) -> Taxonomy:
    """The taxonomy of that name.

    Raises
    ------
    InputError
        There is none.
    """
    if name not in TAXONOMIES:
        raise InputError(f"no taxonomy {name!r}; known: {', '.join(TAXONOMIES)}")
    return TAXONOMIES[name]
