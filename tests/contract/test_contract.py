"""The contract that every registered method keeps, ours and the toy extension's: see `samples.py` for what they run on.

Each check is asked of each method for which it has a meaning, unless the method's card exempts it with a reason. What
cannot be exempted: the docstring's example runs, and the card is complete.
"""

from __future__ import annotations

import doctest
import inspect
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from samples import SAMPLES, Given, Sample, sample_for
from weigh_toy.midrange import midrange

from weigh.core import method
from weigh.core.errors import InputError, WeighError
from weigh.core.scale import Scale
from weigh.core.values import Values

BROKEN = ("empty", "one_item", "one_class", "nan")
CARDS = {**method.built_in(), midrange.card.address: midrange.card}
RTOL = 1e-6


def call(card: method.Card, given: Given, **options: Any) -> Any:
    first = card.inputs[0].name if card.inputs else ""
    return method.load(card)(**{name or first: value for name, value in given.items()}, **options)


def as_text(result: Any) -> str:
    if isinstance(result, list | tuple):
        return "\n".join(map(as_text, result))
    return json.dumps(result.to_json(), sort_keys=True)


def means(values: Values) -> dict[tuple[str, str], float]:
    rows = np.atleast_2d(values.mean)
    return {(who, item): rows[k, i] for k, who in enumerate(values.who) for i, item in enumerate(values.items)}


def agree(one: Mapping[Any, float], other: Mapping[Any, float]) -> None:
    assert one.keys() == other.keys()
    size = max(map(abs, one.values()))
    np.testing.assert_allclose([other[key] for key in one], list(one.values()), rtol=RTOL, atol=RTOL * size)


def check_seed(card: method.Card, sample: Sample) -> None:
    """Same seed, same result, whatever others do to numpy's global generator."""
    seeded = {"seed": 3} if any(option.name == "seed" for option in card.options) else {}
    results = []
    for state in (1, 2):
        np.random.seed(state)  # noqa: NPY002 - the state that a method must not read
        results.append(as_text(call(card, sample.make(), **seeded)))
    assert results[0] == results[1]


def check_relabel(card: method.Card, sample: Sample) -> None:
    """Items under other names, in another alphabetical order, are worth the same."""
    assert sample.relabel is not None
    before = call(card, sample.make())
    new = {old: f"{len(before.items) - i:03d} {old[::-1]}" for i, old in enumerate(sorted(before.items))}
    after = call(card, sample.relabel(sample.make(), new))
    agree({(who, new[item]): mean for (who, item), mean in means(before).items()}, means(after))


def check_duplicates(card: method.Card, sample: Sample) -> None:
    """Every row twice is the same as every weight doubled."""
    assert sample.duplicate is not None
    assert sample.double is not None
    agree(means(call(card, sample.duplicate(sample.make()))), means(call(card, sample.double(sample.make()))))


def check_broken(card: method.Card, make: Callable[[], Given]) -> None:
    """An input that cannot be used ends in our error, not in numpy's, and not in a number."""
    with pytest.raises(WeighError):
        call(card, make())


def check_saved(card: method.Card, sample: Sample) -> None:
    """Saved and loaded again it is equal."""
    values = call(card, sample.make())
    assert Values.from_json(json.dumps(values.to_json())) == values


def check_workers(card: method.Card, sample: Sample) -> None:
    """One worker and four find the same."""
    assert as_text(call(card, sample.make(), workers=1)) == as_text(call(card, sample.make(), workers=4))


def meant(card: method.Card, sample: Sample, check: str) -> bool:
    """Whether a check has a meaning for a method on its sample."""
    if check in BROKEN:
        return getattr(sample, check) is not None
    return {
        "seed": True,
        "relabel": sample.relabel is not None and card.gives == "Values",
        "duplicates": sample.duplicate is not None and sample.double is not None and card.gives == "Values",
        "saved": card.gives == "Values",
        "workers": any(option.name == "workers" for option in card.options),
    }[check]


def made(card: method.Card) -> list[str]:
    """The checks that are made of a method."""
    sample = sample_for(card.address, card.takes)
    return [check for check in method.CHECKS if check not in card.exempt and meant(card, sample, check)]


def run_check(card: method.Card, check: str) -> None:
    sample = sample_for(card.address, card.takes)
    if check in BROKEN:
        check_broken(card, getattr(sample, check))
    else:
        globals()[f"check_{check}"](card, sample)


def has_sample(card: method.Card) -> bool:
    return card.address in SAMPLES or ", ".join(card.takes) in SAMPLES


PAIRS = [(card, check) for card in CARDS.values() if has_sample(card) for check in made(card)]


@pytest.mark.parametrize(("card", "check"), PAIRS, ids=[f"{card.address}-{check}" for card, check in PAIRS])
def test_contract(card: method.Card, check: str) -> None:
    run_check(card, check)


@pytest.mark.parametrize("card", CARDS.values(), ids=CARDS)
def test_there_is_a_sample_for(card: method.Card) -> None:
    wanted = ", ".join(card.takes)
    assert has_sample(card), f"add SAMPLES[{wanted!r}] or SAMPLES[{card.address!r}] to tests/contract/samples.py"


@pytest.mark.parametrize("card", CARDS.values(), ids=CARDS)
def test_example_in_docstring_runs(card: method.Card) -> None:
    function = method.load(card)
    module = vars(inspect.getmodule(function))
    tests = doctest.DocTestFinder(recurse=False).find(function, card.function, globs={**module, "np": np})
    assert any(test.examples for test in tests), f"{card.function} has no example in its docstring"
    for test in tests:
        runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
        said: list[str] = []
        runner.run(test, out=said.append)
        assert not runner.failures, "".join(said)


@pytest.mark.parametrize("card", CARDS.values(), ids=CARDS)
def test_card_is_complete(card: method.Card) -> None:
    for part in ("slug", "paper", "takes", "gives", "departs", "summary"):
        assert getattr(card, part), f"the card of {card.function} has no {part}"
    for one in (*card.inputs, *card.options):
        assert one.annotation, f"{card.function}: {one.name} has no type"
        assert one.doc, f"{card.function}: {one.name} is not in the docstring's Parameters"
    for check, reason in card.exempt.items():
        assert check in method.CHECKS
        assert len(reason.strip()) >= 10


@pytest.mark.parametrize("card", CARDS.values(), ids=CARDS)
def test_card_read_from_source_is_the_one_at_run_time(card: method.Card) -> None:
    live = method.load(card).card
    for part in ("slug", "paper", "takes", "gives", "departs", "address", "function", "summary", "family", "exempt"):
        assert getattr(live, part) == getattr(card, part)
    for part in ("inputs", "options"):
        both = [[(o.name, o.annotation, o.default is None, o.doc) for o in getattr(c, part)] for c in (live, card)]
        assert both[0] == both[1]


def faulty(fault: str = "", **exempt: str) -> method.Card:
    """The card of a pooling method that keeps the contract in all but one thing."""

    @method.method(
        slug="faulty", paper="none", takes="Ratings", gives="Values", departs="nothing", verb="pool", exempt=exempt
    )  # fmt: skip
    def bad(ratings: Any, *, seed: int = 0, workers: int = 1) -> Values:
        """Break the contract in one thing."""
        items = tuple(dict.fromkeys(ratings.item.tolist()))
        if len(items) < 2 and fault != "one_item":
            raise InputError("one item only")
        if ratings.value.min() == ratings.value.max() and fault != "one_class":
            raise InputError("all ratings are equal")
        mean = np.array([ratings.value[ratings.item == item].mean() for item in items])
        mean += {
            "seed": np.random.rand(),  # noqa: NPY002 - that is the fault
            "relabel": np.argsort(items),
            "duplicates": len(ratings),
            "workers": workers,
        }.get(fault, 0)
        return Values(items, ("all",), mean, scale=Scale("interval", "real", ""), method="pool/faulty")

    globals()["bad"] = bad
    return replace(bad.card, function=f"{__name__}:bad")


@pytest.mark.parametrize("check", ["seed", "relabel", "duplicates", "one_item", "one_class", "workers"])
def test_battery_catches_a_method_that_breaks(check: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(method, "load", lambda _: globals()["bad"])
    broken = faulty(check)
    assert check in made(broken)
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        run_check(broken, check)
    sound = faulty()
    for each in made(sound):
        run_check(sound, each)


def test_exempted_check_is_not_made() -> None:
    assert "duplicates" in made(faulty())
    assert "duplicates" not in made(faulty(duplicates="it counts rows, as its paper does"))
    assert "one_class" not in made(midrange.card)


@pytest.mark.parametrize("exempt", [{"beauty": "a long enough reason"}, {"seed": "no reason"}, {"seed": " " * 20}])
def test_exemption_needs_a_known_name_and_a_reason(exempt: dict[str, str]) -> None:
    with pytest.raises(InputError, match="exempt"):
        faulty(**exempt)
