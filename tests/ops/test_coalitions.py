"""Coalitions as rows of true and false, and functions of them."""

from __future__ import annotations

import numpy as np
import pytest

from weigh.core.errors import InputError
from weigh.core.game import Game
from weigh.ops.coalitions import coalitions, joined, of_game, tabulate, worth
from weigh.ops.game import semivalue, shapley_sizes


def size(masks):
    return masks.sum(axis=1).astype(float)


def test_rows_hold_the_bits_of_their_number():
    assert coalitions(3).tolist()[5] == [True, False, True]
    assert coalitions(3, 5, 7).tolist() == coalitions(3).tolist()[5:7]


def test_a_table_is_filled_in_blocks_of_any_size():
    whole = tabulate(size, 5)
    for block in (1, 7, 32, 1000):
        assert tabulate(size, 5, block=block).tolist() == whole.tolist()


def test_a_game_of_names_becomes_a_function_of_masks():
    game = Game(("a", "b", "c"), lambda s: float("a" in s) + 2 * ("c" in s))
    assert of_game(game)(coalitions(3)).tolist() == game.table().tolist()


def test_an_owner_brings_all_or_nothing():
    together = joined(size, [0, 1, 0, 2])
    assert together(np.array([[True, False, False], [False, True, True]])).tolist() == [2, 2]
    np.testing.assert_allclose(semivalue(tabulate(together, 3), shapley_sizes(3)), [2, 1, 1])


@pytest.mark.parametrize("value", [lambda m: np.ones(len(m) + 1), lambda m: np.full(len(m), np.nan)])
def test_a_worth_that_is_no_number_each_is_refused(value):
    with pytest.raises(InputError):
        worth(value, coalitions(2))


def test_too_many_players_to_enumerate_are_refused():
    with pytest.raises(InputError, match="sample"):
        coalitions(25)
    with pytest.raises(InputError, match="sample"):
        tabulate(size, 40)
