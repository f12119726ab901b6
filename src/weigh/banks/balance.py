"""Is a bank fair to its values? Counts, lengths, order, authors, near-duplicates, and fluency, each as a finding.

A value whose options are longer, stand first more often, or come more easily to a language model would be measured as
liked. `fluency` is log P(option | "You decide to"), from whichever model one has; the check is that the difference
between a dilemma's options has no mean by value.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from weigh.banks.bank import Bank, Item
from weigh.core.finding import Finding

#: |t| of a value's mean difference; with ten values one in three banks has one above it by chance
MAX_T = 2.0
#: words by which a value's options may on average be longer than their rivals
MAX_WORDS = 0.5
#: share of word trigrams that two dilemmas may have in common
MAX_OVERLAP = 0.3


def balance(bank: Bank, fluency: Mapping[str, float] | None = None) -> list[Finding]:
    """Check a bank's balance.

    Parameters
    ----------
    bank : Bank
        Two options an item, each with its value.
    fluency : mapping of str to float, optional
        Log-probability of each option's text by itself; without it fluency is not checked.

    Returns
    -------
    list of Finding
        pairs, authors, order, length, domains, near-duplicates, fluency.
    """
    items = bank.dilemmas
    # a pair that nobody opposes is opposed zero times
    possible = list(itertools.combinations(sorted(bank.values), 2))
    pairs: Counter[tuple[str, ...]] = Counter(dict.fromkeys(possible, 0))
    pairs.update(tuple(sorted(item.values)) for item in items)
    first = Counter(item.values[0] for item in items)
    each = Counter(value for item in items for value in item.values)
    lean = max((abs(first[value] - each[value] / 2) / np.sqrt(each[value] / 4) for value in each), default=0.0)
    authors = sorted({item.author for item in items})
    by_author: Counter[tuple[str, ...]] = Counter({(author, *pair): 0 for author in authors for pair in possible})
    by_author.update((item.author, *sorted(item.values)) for item in items)
    lengths = by_value(items, lambda option: float(len(option.split())))
    longest = max((abs(float(np.mean(found))) for found in lengths.values()), default=0.0)
    domains = Counter(str(item.labels.get("domain", "")) for item in items)
    overlap, which = _nearest(items)
    found = [
        _finding("pairs", "every pair of values is opposed equally often", _spread(pairs), 0, len(pairs)),
        _finding("authors", "every author writes every pair equally often", _spread(by_author), 0, len(by_author)),
        _finding("order", "no value stands first more often than second (z)", lean, MAX_T, dict(first)),
        _finding("length", "no value's options are longer (words)", longest, MAX_WORDS, _means(lengths)),
        _finding("near-duplicates", "no two dilemmas tell the same story", overlap, MAX_OVERLAP, which),
    ]
    if domains.keys() - {""}:
        found.append(
            _finding(
                "domains",
                "no domain of life has more than half of the dilemmas",
                max(domains.values()) / len(items),
                0.5,
                dict(domains),
            )
        )
    if fluency is not None:
        differences = by_value(items, lambda option: fluency[option])
        t = {value: _t(given) for value, given in differences.items()}
        worst = max((abs(one) for one in t.values()), default=0.0)
        found.append(_finding("fluency", "no value's options come more easily to a model (|t|)", worst, MAX_T, t))
    return found


def by_value(items: Sequence[Item], measure: Any) -> dict[str, list[float]]:
    """For each value the differences, own option minus rival, of a measure of options, wordings averaged.

    Parameters
    ----------
    items : sequence of Item
        Dilemmas with two options and two values.
    measure : callable
        Option's text to number.
    """
    found: dict[str, list[float]] = {}
    for item in items:
        texts = [item.question(wording).options for wording in item.wordings]
        d = float(np.mean([measure(first) - measure(second) for first, second in texts]))
        found.setdefault(item.values[0], []).append(d)
        found.setdefault(item.values[1], []).append(-d)
    return found


def _t(differences: Sequence[float]) -> float:
    spread = np.std(differences, ddof=1) / np.sqrt(len(differences))
    return float(np.mean(differences) / spread) if spread > 0 else 0.0


def _means(found: Mapping[str, Sequence[float]]) -> dict[str, float]:
    return {value: round(float(np.mean(given)), 3) for value, given in found.items()}


def _spread(counts: Mapping[Any, int]) -> float:
    return float(max(counts.values()) - min(counts.values())) if counts else 0.0


def _nearest(items: Sequence[Item]) -> tuple[float, list[str]]:
    grams = [_trigrams(" ".join((item.situation, *item.options))) for item in items]
    worst, which = 0.0, ["", ""]
    for i, a in enumerate(grams):
        for j in range(i):
            shared = len(a & grams[j])
            if shared and shared / min(len(a), len(grams[j])) > worst:
                worst, which = shared / min(len(a), len(grams[j])), [items[j].id, items[i].id]
    return worst, which


def _trigrams(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.lower())
    return set(zip(words, words[1:], words[2:], strict=False))


def _finding(name: str, claim: str, value: float, threshold: float, evidence: Any) -> Finding:
    passed = value <= threshold
    return Finding(
        name=name,
        claim=claim,
        value=float(value),
        threshold=float(threshold),
        passed=passed,
        severity="info" if passed else "warning",
        sentence=claim.capitalize() + ("." if passed else ": not here."),
        evidence={"direction": "at most", "by": evidence},
    )
