from __future__ import annotations

import pytest

from weigh.core.errors import InputError
from weigh.core.game import Game


def test_each_coalition_is_valued_once():
    asked = []

    def value(coalition):
        asked.append(coalition)
        return len(coalition) ** 2

    game = Game(["a", "b", "c"], value)
    assert (game.grand, game.empty) == (9, 0)
    assert game(["b", "a"]) == game(3) == game(frozenset("ab")) == 4
    assert game.marginal("c", ["a", "b"]) == game.marginal("c", ["a", "b", "c"]) == 5
    assert game.table().tolist() == [0, 1, 1, 4, 1, 4, 4, 9]
    assert len(asked) == len(set(asked)) == game.n_calls == 8


def test_many_players_fit_in_a_mask():
    game = Game([str(i) for i in range(200)], len)
    assert game.grand == 200
    assert game.marginal("199", ["0"]) == 1
    with pytest.raises(InputError, match="sampling"):
        game.table()


@pytest.mark.parametrize("players", [(), ("a", "a"), "ab"])
def test_players_are_checked(players):
    with pytest.raises(InputError, match="expected"):
        Game(players, len)


def test_coalitions_and_values_are_checked():
    game = Game(("a", "b"), lambda s: float("nan") if s else 0.0)
    for coalition in (["z"], 4, -1, "ab"):
        with pytest.raises(InputError, match=r"player|mask|coalition"):
            game(coalition)
    with pytest.raises(InputError, match="finite"):
        game(["a"])
